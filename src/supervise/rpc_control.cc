// The part of the XML-RPC interface that steers programs: start, stop, signal, standard input.
#include <chrono>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "supervise/launch.h"
#include "supervise/rpc.h"
#include "supervise/section.h"

namespace poststack::supervise {
namespace {

using std::chrono::steady_clock;

bool is_running(const Unit& unit) noexcept {
    return unit.state() == State::running || unit.state() == State::starting ||
           unit.state() == State::backoff;
}

bool is_stopped(const Unit& unit) noexcept {
    return unit.state() == State::stopped || unit.state() == State::exited ||
           unit.state() == State::fatal;
}

bool waits_in(const XmlValue::Array& params, std::size_t at) {
    return params.size() <= at || params[at].boolean().value_or(true);
}

XmlValue status_of(const Unit& unit, const RpcOutcome& outcome) {
    const auto* fault = std::get_if<RpcFault>(&outcome);
    return XmlValue::Struct{
        {"name", unit.config.name},
        {"group", unit.config.group},
        {"status", static_cast<int>(fault == nullptr ? Fault::success : fault->code)},
        {"description", fault == nullptr ? std::string("OK") : fault->about}};
}

}  // namespace

std::optional<RpcOutcome> Rpc::begin_start(Unit& unit, Wait& wait) {
    const std::string& program = unit.config.argv.front();
    std::vector<std::string> variables;
    for (const auto& [key, value] : unit.config.environment)
        variables.push_back(fmt::format("{}={}", key, value));
    if (const char* path = ::getenv("PATH"); path != nullptr) {
        variables.push_back(fmt::format("PATH={}", path));
    }
    const auto found = find_executable(program, variables);
    struct stat info{};
    if (!found || ::stat(found->c_str(), &info) < 0) {
        return RpcFault{Fault::no_file, fmt::format("can't find command '{}'", program)};
    }
    if (S_ISDIR(info.st_mode) || ::access(found->c_str(), X_OK) < 0) {
        return RpcFault{Fault::not_executable,
                        fmt::format("command at '{}' is not executable", program)};
    }
    if (is_running(unit)) return RpcFault{Fault::already_started, unit.name};
    supervisor_.start(unit, steady_clock::now());
    supervisor_.tick(steady_clock::now());  // with startsecs=0 it is RUNNING already
    Unit* const started = &unit;
    const std::string name = unit.name;
    Rpc* const self = this;
    wait = [self, started, name]() -> std::optional<RpcOutcome> {
        if (!self->knows(started)) return RpcFault{Fault::abnormal_termination, name};
        if (started->state() == State::running) return XmlValue(true);
        if (started->config.one_shot && started->succeeded) return XmlValue(true);
        if (!started->spawn_error.empty()) return RpcFault{Fault::spawn_error, name};
        const bool is_held = started->state() == State::stopped && started->wanted;
        if (started->state() == State::starting || is_held) return std::nullopt;
        return RpcFault{Fault::abnormal_termination, name};
    };
    return std::nullopt;
}

std::optional<RpcOutcome> Rpc::start_one(const Params& params, Wait& wait) {
    bool whole = false;
    std::string group;
    Unit* unit = find_unit(params, whole, group);
    if (whole) return start_group({XmlValue(group), XmlValue(waits_in(params, 1))}, wait);
    if (unit == nullptr) return RpcFault{Fault::bad_name, group};
    if (const auto refused = begin_start(*unit, wait)) return refused;
    if (!waits_in(params, 1)) {
        return unit->spawn_error.empty() ? RpcOutcome(XmlValue(true))
                                         : RpcOutcome(RpcFault{Fault::spawn_error, unit->name});
    }
    return wait();
}

std::optional<RpcOutcome> Rpc::start_many(const std::vector<Unit*>& units, bool waits, Wait& wait) {
    // As supervisord answers: in the order in which it is known what became of each.
    struct Progress {
        XmlValue::Array results;
        std::vector<std::pair<Unit*, Wait>> open;
    };
    auto progress = std::make_shared<Progress>();
    for (Unit* unit : units) {
        if (is_running(*unit)) continue;
        Wait item;
        auto outcome = begin_start(*unit, item);
        if (!outcome) outcome = waits ? item() : std::optional(RpcOutcome(XmlValue(true)));
        if (outcome) {
            progress->results.push_back(status_of(*unit, *outcome));
        } else {
            progress->open.emplace_back(unit, std::move(item));
        }
    }
    Rpc* const self = this;
    wait = [self, progress]() -> std::optional<RpcOutcome> {
        std::erase_if(progress->open, [&](auto& item) {
            if (!self->knows(item.first)) return true;
            const auto outcome = item.second();
            if (outcome) progress->results.push_back(status_of(*item.first, *outcome));
            return outcome.has_value();
        });
        if (!progress->open.empty()) return std::nullopt;
        return XmlValue(progress->results);
    };
    return wait();
}

std::optional<RpcOutcome> Rpc::start_group(const Params& params, Wait& wait) {
    if (params.empty() || params[0].text() == nullptr) {
        return RpcFault{Fault::incorrect_parameters, {}};
    }
    const auto units = supervisor_.group(*params[0].text());
    if (units.empty()) return RpcFault{Fault::bad_name, *params[0].text()};
    return start_many(units, waits_in(params, 1), wait);
}

std::optional<RpcOutcome> Rpc::start_all(const Params& params, Wait& wait) {
    return start_many(all_units(false), waits_in(params, 0), wait);
}

std::optional<RpcOutcome> Rpc::stop_one(const Params& params, Wait& wait) {
    bool whole = false;
    std::string group;
    Unit* unit = find_unit(params, whole, group);
    if (whole) return stop_group({XmlValue(group), XmlValue(waits_in(params, 1))}, wait);
    if (unit == nullptr) return RpcFault{Fault::bad_name, group};
    const bool is_held = unit->wanted && unit->state() == State::stopped;
    if (!is_running(*unit) && !is_held)
        return RpcFault{Fault::not_running, group + ":" + unit->name};
    supervisor_.stop(*unit, steady_clock::now());
    if (!waits_in(params, 1)) return XmlValue(true);
    Rpc* const self = this;
    wait = [self, unit]() -> std::optional<RpcOutcome> {
        if (self->knows(unit) && !is_stopped(*unit)) return std::nullopt;
        return XmlValue(true);
    };
    return wait();
}

std::optional<RpcOutcome> Rpc::stop_many(const std::vector<Unit*>& units, bool waits, Wait& wait) {
    std::vector<Unit*> stopping;
    XmlValue::Array results;
    for (Unit* unit : units) {
        if (!is_running(*unit)) {
            unit->wanted = false;
            continue;
        }
        stopping.push_back(unit);
        results.push_back(status_of(*unit, XmlValue(true)));
        supervisor_.stop(*unit, steady_clock::now());
    }
    Rpc* const self = this;
    wait = [self, stopping, results, waits]() -> std::optional<RpcOutcome> {
        for (const Unit* unit : stopping) {
            if (waits && self->knows(unit) && !is_stopped(*unit)) return std::nullopt;
        }
        return XmlValue(results);
    };
    return wait();
}

std::optional<RpcOutcome> Rpc::stop_group(const Params& params, Wait& wait) {
    if (params.empty() || params[0].text() == nullptr) {
        return RpcFault{Fault::incorrect_parameters, {}};
    }
    const auto units = supervisor_.group(*params[0].text());
    if (units.empty()) return RpcFault{Fault::bad_name, *params[0].text()};
    return stop_many(units, waits_in(params, 1), wait);
}

std::optional<RpcOutcome> Rpc::stop_all(const Params& params, Wait& wait) {
    return stop_many(all_units(false), waits_in(params, 0), wait);
}

RpcOutcome Rpc::signal_many(const std::vector<Unit*>& units, int number) {
    XmlValue::Array results;
    for (const Unit* unit : units) {
        if (unit->pid <= 0) continue;
        const bool sent = supervisor_.send_signal(*unit, number);
        results.push_back(status_of(
            *unit, sent ? RpcOutcome(XmlValue(true)) : RpcOutcome(RpcFault{Fault::failed, {}})));
    }
    return XmlValue(std::move(results));
}

std::optional<RpcOutcome> Rpc::signal_one(const Params& params, Wait& wait) {
    bool whole = false;
    std::string group;
    const Unit* unit = find_unit(params, whole, group);
    if (params.size() < 2 || params[1].text() == nullptr) {
        return RpcFault{Fault::incorrect_parameters, {}};
    }
    if (whole) return signal_group({XmlValue(group), params[1]}, wait);
    if (unit == nullptr) return RpcFault{Fault::bad_name, group};
    const auto number = find_signal(*params[1].text());
    if (!number) return RpcFault{Fault::bad_signal, *params[1].text()};
    if (!has_process(unit->state())) return RpcFault{Fault::not_running, unit->name};
    if (!supervisor_.send_signal(*unit, *number)) return RpcFault{Fault::failed, unit->name};
    return XmlValue(true);
}

std::optional<RpcOutcome> Rpc::signal_group(const Params& params, Wait& /*wait*/) {
    if (params.size() < 2 || params[0].text() == nullptr || params[1].text() == nullptr) {
        return RpcFault{Fault::incorrect_parameters, {}};
    }
    const auto units = supervisor_.group(*params[0].text());
    if (units.empty()) return RpcFault{Fault::bad_name, *params[0].text()};
    const auto number = find_signal(*params[1].text());
    if (!number) return RpcFault{Fault::bad_signal, *params[1].text()};
    return signal_many(units, *number);
}

std::optional<RpcOutcome> Rpc::signal_all(const Params& params, Wait& /*wait*/) {
    if (params.empty() || params[0].text() == nullptr) {
        return RpcFault{Fault::incorrect_parameters, {}};
    }
    const auto number = find_signal(*params[0].text());
    if (!number) return RpcFault{Fault::bad_signal, *params[0].text()};
    return signal_many(all_units(false), *number);
}

std::optional<RpcOutcome> Rpc::send_stdin(const Params& params, Wait& /*wait*/) {
    bool whole = false;
    std::string group;
    const Unit* unit = find_unit(params, whole, group);
    if (params.size() < 2 || params[1].text() == nullptr) {
        return RpcFault{Fault::incorrect_parameters, {}};
    }
    if (unit == nullptr) return RpcFault{Fault::bad_name, group};
    if (unit->pid <= 0 || unit->state() == State::stopping) {
        return RpcFault{Fault::not_running, unit->name};
    }
    const std::string& text = *params[1].text();
    if (::write(unit->stdin_pipe.get(), text.data(), text.size()) < 0) {
        return RpcFault{Fault::no_file, unit->name};
    }
    return XmlValue(true);
}

}  // namespace poststack::supervise
