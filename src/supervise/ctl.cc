#include "supervise/ctl.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "supervise/ctl_session.h"

namespace poststack::supervise {
namespace {

struct Command {
    std::string_view name;
    std::size_t least;
    std::size_t most;
    std::string_view takes;
    void (Ctl::*run)(Words words);
};

constexpr std::size_t any = 10'000;
constexpr std::string_view programs = "NAME..., GROUP:* or all";

constexpr std::array<Command, 16> commands{{
    {"add", 1, any, "GROUP...", &Ctl::add},
    {"avail", 0, 0, "nothing", &Ctl::avail},
    {"clear", 1, any, "NAME... or all", &Ctl::clear},
    {"pid", 0, any, "nothing, NAME... or all", &Ctl::pid},
    {"reload", 0, 0, "nothing", &Ctl::reload},
    {"remove", 1, any, "GROUP...", &Ctl::remove},
    {"reread", 0, 0, "nothing", &Ctl::reread},
    {"restart", 1, any, programs, &Ctl::restart},
    {"shutdown", 0, 0, "nothing", &Ctl::shutdown},
    {"signal", 2, any, "SIGNAL and NAME..., GROUP:* or all", &Ctl::signal},
    {"start", 1, any, programs, &Ctl::start},
    {"status", 0, any, "nothing, NAME..., GROUP:* or all", &Ctl::status},
    {"stop", 1, any, programs, &Ctl::stop},
    {"tail", 1, 3, "-BYTES, if not the last 1600, NAME, and stderr, if not stdout", &Ctl::tail},
    {"update", 0, any, "nothing, GROUP... or all", &Ctl::update},
    {"version", 0, 0, "nothing", &Ctl::version},
}};

const Command& find_command(const std::vector<std::string>& words) {
    std::vector<std::string> names;
    for (const Command& command : commands) {
        if (!words.empty() && words.front() == command.name) return command;
        names.emplace_back(command.name);
    }
    const std::string all = fmt::format("There are {}.", join(names, ", "));
    if (words.empty()) throw Error(ErrorKind::usage, "ctl needs a command").hint(all);
    const auto near = nearest(words.front(), names);
    throw Error(ErrorKind::usage,
                fmt::format("ctl knows no command \"{}\"{}",
                            words.front(),
                            near ? fmt::format("; did you mean \"{}\"?", *near) : ""))
        .hint(all);
}

}  // namespace

void check_ctl(const std::vector<std::string>& words) {
    const Command& command = find_command(words);
    const std::size_t count = words.size() - 1;
    bool is_right = count >= command.least && count <= command.most;
    if (command.name == "tail" && is_right) {
        const bool has_length = words[1].starts_with('-');
        is_right = count > (has_length ? 1U : 0U) && count <= (has_length ? 3U : 2U) &&
                   (!has_length || parse_integer(std::string_view(words[1]).substr(1)));
    }
    if (is_right) return;
    throw Error(ErrorKind::usage, fmt::format("{} takes {}", command.name, command.takes));
}

CtlOutcome run_ctl(const Config& config, const std::vector<std::string>& words) {
    Ctl ctl(config);
    (ctl.*find_command(words).run)(Words(words).subspan(1));
    return ctl.outcome();
}

}  // namespace poststack::supervise
