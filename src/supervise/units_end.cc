// The second half of a program's run: its end, what follows from it, and who is told.
#include <algorithm>
#include <csignal>

#include <fmt/format.h>

#include "base/text.h"
#include "supervise/launch.h"
#include "supervise/section.h"
#include "supervise/supervisor.h"

namespace poststack::supervise {

bool Supervisor::take_exit(pid_t pid, int code, int signal, Time now) {
    for (const auto& unit : units_) {
        if (unit->pid == pid) {
            take_unit_exit(*unit, code, signal, now);
            return true;
        }
        CheckRun* run = unit->gate ? unit->gate->find_run(pid) : nullptr;
        if (run == nullptr && unit->probes) run = unit->probes->find_run(pid);
        if (run != nullptr) {
            run->ended(code, signal);
            return true;
        }
    }
    ++orphans_;
    return false;
}

Ending Supervisor::judge(const Unit& unit, int code, int signal) const noexcept {
    const std::vector<int>& expected = unit.config.exitcodes;
    const bool is_expected = signal == 0 && std::ranges::find(expected, code) != expected.end();
    if (unit.config.one_shot && is_expected) return Ending::stays;
    // What it needs is not there: it is started when that is back.
    if (!are_dependencies_met(unit) && unit.wanted) return Ending::stays;
    switch (unit.config.autorestart) {
        case Restart::always: return Ending::again;
        case Restart::unexpected: return is_expected ? Ending::stays : Ending::again;
        case Restart::never: return Ending::stays;
    }
    return Ending::stays;
}

void Supervisor::end_run(Unit& unit, int code, int signal, Time now) {
    // Bytes first: what the process wrote last is written before we say that it ended.
    workshop_.streams.drain(unit.out.get());
    if (unit.err != unit.out) workshop_.streams.drain(unit.err.get());
    unit.last = {
        .reason = signal != 0 ? Reason::signalled : Reason::exited, .code = code, .signal = signal};
    if (unit.stop_reason != Reason::none) unit.last.reason = unit.stop_reason;
    if (unit.killed_late) unit.last.reason = Reason::stop_timeout;
    if (signal == SIGKILL && unit.stop_reason == Reason::none && oom_.happened()) {
        unit.last.reason = Reason::out_of_memory;
    }
    unit.spawn_error.clear();
    unit.stale_group = unit.pid;
    unit.stale_kill.reset();
    unit.pid = 0;
    unit.stopped_at = std::chrono::system_clock::now();
    unit.stdin_pipe = sys::UniqueFd();
    unit.last_resort.reset();
    unit.ready_due.reset();
    unit.gate.reset();
    unit.probes.reset();
    set_ready(unit, false, "it has ended", now);
}

void Supervisor::take_unit_exit(Unit& unit, int code, int signal, Time now) {
    const State from = unit.state();
    const auto failure = read_failure(unit.report);
    unit.report = sys::UniqueFd();
    end_run(unit, code, signal, now);
    if (failure) {
        LaunchPlan plan;
        plan.argv = unit.config.argv;
        plan.program = unit.config.argv.front();
        plan.directory = unit.config.directory;
        plan.run_as = unit.run_as;
        unit.spawn_error = to_text(*failure, plan);
        unit.last = {.reason = Reason::not_run, .code = code, .signal = 0};
        workshop_.journal.warn(fmt::format("\"{}\": {}", unit.name, unit.spawn_error));
        act(unit, unit.life.ended(Ending::failed, now), from, now);
        return;
    }
    const Ending how = judge(unit, code, signal);
    const bool is_good =
        signal == 0 && how == Ending::stays && unit.config.one_shot &&
        std::ranges::find(unit.config.exitcodes, code) != unit.config.exitcodes.end();
    // A one-shot program may be done before anybody saw it run.
    if (unit.config.one_shot && from == State::starting) unit.life.tick(now);
    if (is_good) unit.succeeded = true;
    if (from == State::starting && !unit.config.one_shot) {
        unit.spawn_error = "Exited too quickly (process log may have details)";
    }
    workshop_.journal.info(fmt::format("\"{}\" ended: {}", unit.name, unit.last.to_text()));
    act(unit, unit.life.ended(how, now), from, now);
    if (is_good) release_held(now);
}

void Supervisor::act(Unit& unit, Action action, State from, Time now) {
    switch (action) {
        case Action::spawn:
            unit.succeeded = false;
            changed(unit, from, now);
            spawn(unit, now);
            return;
        case Action::send_stop: send_stop(unit); break;
        case Action::send_kill: send_kill(unit, now); break;
        default: break;
    }
    changed(unit, from, now);
}

void Supervisor::changed(Unit& unit, State from, Time now) {
    const State state = unit.state();
    if (state == from) return;
    note_crashes(unit, from, now);
    for (const Observer& observer : observers_)
        observer(unit, from);
    if (state == State::running && !unit.has_gate()) set_ready(unit, true, "it runs", now);
    const bool is_probed_out =
        state == State::stopped && !unit.restart && !is_stopping() &&
        (unit.stop_reason == Reason::startup_probe || unit.stop_reason == Reason::liveness_probe ||
         unit.stop_reason == Reason::ready_timeout);
    if (state == State::fatal || state == State::exited || is_probed_out) {
        judge_critical(unit, now);
    }
    if (state == State::stopped && unit.restart) want_start(unit, now);
    if (is_stopping() && !unit.is_alive()) advance_stop(now);
}

void Supervisor::note_crashes(Unit& unit, State from, Time now) {
    const State state = unit.state();
    const bool was_up = from == State::starting || from == State::running;
    const bool is_limit = state == State::fatal && unit.life.is_crash_limit_reached(now);
    if (is_limit || (state == State::fatal && from == State::running)) {
        unit.last.reason = Reason::crash_limit;
    }
    if (is_limit) {
        unit.spawn_error = fmt::format("ended unexpectedly {} times within {}, and is to no more",
                                       unit.life.recent_crashes(now),
                                       human_duration(unit.config.crash_window));
    }
    if (unit.config.crash_limit > 0 && was_up && state != State::running) {
        remember(std::nullopt, now);
    }
}

void Supervisor::judge_critical(Unit& unit, Time now) {
    if (unit.state() == State::fatal) {
        workshop_.journal.say(
            Weight::error,
            fmt::format("\"{}\" is FATAL: {}",
                        unit.name,
                        unit.spawn_error.empty() ? unit.last.to_text() : unit.spawn_error));
    }
    if (!unit.config.critical || is_stopping() || unit.succeeded) return;
    // It waits for a dependency, and is started again.
    if (unit.state() == State::exited && unit.wanted && !are_dependencies_met(unit)) return;
    begin_shutdown(&unit, now);
}

void Supervisor::set_ready(Unit& unit, bool ready, const std::string& why, Time now) {
    if (unit.ready == ready) return;
    unit.ready = ready;
    if (unit.has_gate() && (ready || unit.pid > 0)) {
        workshop_.journal.info(
            fmt::format("\"{}\" is {}: {}", unit.name, ready ? "ready" : "not ready", why));
    }
    if (unit.has_gate() && unit.probes) unit.probes->set_gate(ready, now);
    if (!ready) return;
    ++unit.ready_count;
    unit.ready_due.reset();
    tell_dependents(unit, now);
    release_held(now);
}

void Supervisor::tell_dependents(Unit& unit, Time now) {
    if (unit.ready_count == 1) return;
    for (const auto& other : units_) {
        const auto seen = other->saw.find(unit.name);
        if (seen == other->saw.end() || other->pid <= 0 || seen->second == unit.ready_count)
            continue;
        if (std::exchange(seen->second, unit.ready_count) == 0) continue;
        switch (other->config.on_dependency_restart) {
            case OnRestart::hold: break;
            case OnRestart::signal: send_signal(*other, other->config.dependency_signal); break;
            case OnRestart::restart: restart_for(*other, Reason::dependency, now); break;
        }
    }
}

void Supervisor::restart_for(Unit& unit, Reason reason, Time now) {
    const bool is_fault = reason != Reason::dependency;
    if (is_fault) unit.life.remember_crash(now);
    want_stop(unit, reason, std::nullopt, now);
    if (is_fault && unit.config.autorestart == Restart::never) return;
    unit.wanted = true;
    unit.restart = true;
}

}  // namespace poststack::supervise
