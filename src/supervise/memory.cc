#include "supervise/memory.h"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace poststack::supervise {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view first_line = "poststack-init state 1";

milliseconds read_clock(clockid_t clock) noexcept {
    timespec now{};
    (void)::clock_gettime(clock, &now);
    return std::chrono::duration_cast<milliseconds>(std::chrono::seconds(now.tv_sec) +
                                                    std::chrono::nanoseconds(now.tv_nsec));
}

/// Cuts the first word off.
std::string_view take_word(std::string_view& line) noexcept {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

std::optional<milliseconds> take_length(std::string_view& line) noexcept {
    const auto number = parse_integer(take_word(line));
    if (!number || *number < 0) return std::nullopt;
    return milliseconds(*number);
}

bool take_line(std::string_view line, Memory& memory) {
    const std::string_view kind = take_word(line);
    if (kind == "written") {
        const auto wall = take_length(line);
        const auto up = take_length(line);
        if (!wall || !up) return false;
        memory.written = {.boot = std::string(line), .up = *up, .wall = *wall};
        return true;
    }
    if (kind == "exit") {
        const auto code = parse_integer(take_word(line));
        if (!code || *code < 0 || *code > 255) return false;
        memory.exit = {.code = static_cast<int>(*code), .reason = std::string(line)};
        return true;
    }
    if (kind == "crash") {
        const auto age = take_length(line);
        if (!age || line.empty()) return false;
        memory.crashes.push_back({.program = std::string(line), .age = *age});
        return true;
    }
    return false;
}

}  // namespace

Moment read_moment() {
    Moment moment;
    try {
        moment.boot = trim(sys::find_file("/proc/sys/kernel/random/boot_id", 4096).value_or(""));
    } catch (const Error&) {
        moment.boot.clear();  // no /proc: then the wall clock has to do
    }
    moment.up = read_clock(CLOCK_BOOTTIME);
    moment.wall = read_clock(CLOCK_REALTIME);
    return moment;
}

milliseconds elapsed(const Moment& then, const Moment& now) noexcept {
    const bool is_one_boot = !then.boot.empty() && then.boot == now.boot && now.up >= then.up;
    return std::max(is_one_boot ? now.up - then.up : now.wall - then.wall, milliseconds(0));
}

std::string to_text(const Memory& memory) {
    std::string text = fmt::format("{}\nwritten {} {} {}\n",
                                   first_line,
                                   memory.written.wall.count(),
                                   memory.written.up.count(),
                                   memory.written.boot);
    if (memory.exit) {
        std::string reason = memory.exit->reason;
        std::ranges::replace(reason, '\n', ' ');
        text += fmt::format("exit {} {}\n", memory.exit->code, reason);
    }
    for (const Memory::Crash& crash : memory.crashes)
        text += fmt::format("crash {} {}\n", crash.age.count(), crash.program);
    return text;
}

std::optional<Memory> parse_memory(std::string_view text) {
    if (!text.ends_with('\n')) return std::nullopt;
    text.remove_suffix(1);
    const auto lines = split(text, '\n');
    if (lines.size() < 2 || lines[0] != first_line || !lines[1].starts_with("written ")) {
        return std::nullopt;
    }
    Memory memory;
    const bool is_whole =
        std::all_of(lines.begin() + 1, lines.end(), [&memory](std::string_view line) {
            return take_line(line, memory);
        });
    return is_whole ? std::optional(std::move(memory)) : std::nullopt;
}

}  // namespace poststack::supervise
