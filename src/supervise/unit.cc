#include "supervise/unit.h"

#include <utility>

#include <fmt/format.h>

#include "supervise/section.h"

namespace poststack::supervise {
namespace {

LifeRules rules_of(const ProgramConfig& program) {
    return {.startsecs = program.one_shot ? std::chrono::milliseconds(0) : program.startsecs,
            .stopwait = program.stopwait,
            .startretries = program.startretries,
            .crash_limit = program.crash_limit,
            .crash_window = program.crash_window};
}

}  // namespace

std::string_view name(Reason reason) noexcept {
    switch (reason) {
        case Reason::none: return "none";
        case Reason::requested: return "requested";
        case Reason::exited: return "exited";
        case Reason::signalled: return "signalled";
        case Reason::out_of_memory: return "out_of_memory";
        case Reason::not_run: return "not_run";
        case Reason::stop_timeout: return "stop_timeout";
        case Reason::startup_probe: return "startup_probe";
        case Reason::liveness_probe: return "liveness_probe";
        case Reason::ready_timeout: return "ready_timeout";
        case Reason::dependency: return "dependency";
        case Reason::crash_limit: return "crash_limit";
    }
    return "none";
}

std::string Ended::to_text() const {
    std::string text = signal != 0 ? fmt::format("signal {}", signal_name(signal))
                                   : fmt::format("exit code {}", code);
    switch (reason) {
        case Reason::none: return "";
        case Reason::not_run: return "could not be run";
        case Reason::exited:
        case Reason::signalled: return text;
        case Reason::requested: return text + " (stopped)";
        case Reason::out_of_memory: return text + " (out of memory)";
        case Reason::stop_timeout: return text + " (did not stop in time)";
        case Reason::startup_probe: return text + " (startup probe failed)";
        case Reason::liveness_probe: return text + " (liveness probe failed)";
        case Reason::ready_timeout: return text + " (not ready in time)";
        case Reason::dependency: return text + " (a dependency was restarted)";
        case Reason::crash_limit: return text + " (crash limit reached)";
    }
    return text;
}

Unit::Unit(ProgramConfig program)
    : config(std::move(program)), name(config.full_name()), life(rules_of(config)) {}

}  // namespace poststack::supervise
