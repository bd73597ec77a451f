// What the supervisor knows of its earlier runs, and leaves to the next one (state_file=).
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "supervise/supervisor.h"
#include "sys/file.h"

namespace poststack::supervise {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t largest_file = 1U << 20;

}  // namespace

void Supervisor::recall() {
    const std::string& path = config_.daemon.state_file;
    if (path.empty()) return;
    try {
        const auto text = sys::find_file(path, largest_file);
        if (!text) return;
        before_ = parse_memory(*text);
        if (!before_) {
            workshop_.journal.warn(
                fmt::format("\"{}\" is no state file of ours: begun anew", path));
            return;
        }
    } catch (const Error& error) {
        workshop_.journal.warn(fmt::format("earlier runs are not known: {}", error.what()));
        return;
    }
    const milliseconds age = elapsed(before_->written, read_moment());
    if (before_->exit) {
        workshop_.journal.info(fmt::format("the last run ended {} ago with exit code {}: {}",
                                           human_duration(age),
                                           before_->exit->code,
                                           before_->exit->reason));
    } else {
        workshop_.journal.warn("the last run was killed, or the machine went down");
    }
    for (Memory::Crash& crash : before_->crashes)
        crash.age += age;
}

void Supervisor::remind(Unit& unit) const noexcept {
    if (!before_) return;
    const Time now = steady_clock::now();
    for (const Memory::Crash& crash : before_->crashes) {
        if (crash.program == unit.name) unit.life.remember_crash(now - crash.age);
    }
}

void Supervisor::remember(std::optional<Memory::Exit> exit, Time now) {
    const std::string& path = config_.daemon.state_file;
    if (path.empty()) return;
    Memory memory{.written = read_moment(), .exit = std::move(exit), .crashes = {}};
    for (const auto& unit : units_) {
        if (unit->config.crash_limit <= 0) continue;
        for (const Time when : unit->life.crashes(now)) {
            memory.crashes.push_back(
                {unit->name, std::chrono::duration_cast<milliseconds>(now - when)});
        }
    }
    try {
        // Not synced: it is for the next container on this machine, and waits for no disk.
        sys::replace_file(path, to_text(memory), {.mode = 0644, .sync = false});
    } catch (const Error& error) {
        workshop_.journal.warn(fmt::format("the state file is not written: {}", error.what()));
    }
}

}  // namespace poststack::supervise
