// Stopping: one program, or all of them within the budget, PostgreSQL last.
#include <algorithm>
#include <csignal>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "pgfiles/control_file.h"
#include "supervise/plan.h"
#include "supervise/section.h"
#include "supervise/supervisor.h"

namespace poststack::supervise {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds quit_share{1000};  ///< of PostgreSQL's time, for SIGQUIT to work
constexpr milliseconds hopeless{5000};    ///< behind the budget: not even SIGKILL helps

/// True while the server writes its last checkpoint: killing it now would cost a recovery.
bool is_shutting_down(const Unit& unit) {
    if (unit.config.pgdata.empty()) return false;
    try {
        return pgfiles::read_control(unit.config.pgdata).state ==
               pgfiles::ClusterState::shutting_down;
    } catch (const Error&) {
        return false;
    }
}

/// The exit code of a container whose critical program is `unit`. See docs/supervision.md.
int exit_code_of(const Unit& unit) noexcept {
    const std::vector<int>& expected = unit.config.exitcodes;
    const bool is_expected = unit.state() == State::exited && unit.last.signal == 0 &&
                             std::ranges::find(expected, unit.last.code) != expected.end();
    if (is_expected) return 0;
    switch (unit.last.reason) {
        case Reason::out_of_memory: return 23;
        case Reason::startup_probe:
        case Reason::liveness_probe:
        case Reason::ready_timeout: return 24;
        case Reason::crash_limit: return 26;
        default: break;
    }
    if (unit.config.one_shot) return 25;
    if (unit.state() == State::fatal) return 20;
    return unit.last.reason == Reason::signalled ? 22 : 21;
}

bool depends_on(const Unit& unit, const std::string& name) {
    return std::ranges::find(unit.config.depends_on, name) != unit.config.depends_on.end();
}

}  // namespace

void Supervisor::want_stop(Unit& unit, Reason reason, std::optional<milliseconds> wait, Time now) {
    unit.wanted = false;
    unit.restart = false;
    const State from = unit.state();
    if (unit.stop_reason == Reason::none) unit.stop_reason = reason;
    const Action action = unit.life.want_stop(now, wait);
    if (unit.pid <= 0 && unit.state() == State::stopping) {
        // It was still waiting for its turn: there is nothing to stop.
        unit.spawn_pending = false;
        unit.spawn_due.reset();
        act(unit, unit.life.ended(Ending::stays, now), from, now);
        return;
    }
    act(unit, action, from, now);
}

void Supervisor::send_stop(Unit& unit) {
    if (unit.pid <= 0) return;
    const int number = unit.config.stopsignal;
    workshop_.journal.info(
        fmt::format("stopping \"{}\" pid={} with {}", unit.name, unit.pid, signal_name(number)));
    ::kill(unit.config.stopasgroup ? -unit.pid : unit.pid, number);
    // A stopped process does not see the signal before it goes on.
    ::kill(unit.config.stopasgroup ? -unit.pid : unit.pid, SIGCONT);
}

void Supervisor::send_kill(Unit& unit, Time now) {
    if (unit.pid <= 0) return;
    if (unit.config.is_postgres && !unit.killed_late) {
        unit.killed_late = true;
        if (is_shutting_down(unit)) {
            workshop_.journal.warn(
                fmt::format("\"{}\" is late, but writes its shutdown checkpoint: it gets more time",
                            unit.name));
            unit.last_resort = stop_ ? stop_->end : now + unit.config.stopwait;
            return;
        }
        workshop_.journal.warn(fmt::format("\"{}\" did not stop in time: QUIT", unit.name));
        ::kill(unit.pid, SIGQUIT);
        unit.last_resort = stop_ ? std::max(stop_->end, now + quit_share) : now + 5 * quit_share;
        return;
    }
    unit.killed_late = true;
    unit.last_resort.reset();
    workshop_.journal.warn(fmt::format("\"{}\" did not stop in time: KILL", unit.name));
    ::kill(unit.config.killasgroup ? -unit.pid : unit.pid, SIGKILL);
    if (stop_) {
        stop_->killed = true;
        stop_->postgres_killed = stop_->postgres_killed || unit.config.is_postgres;
    }
}

void Supervisor::start(Unit& unit, Time now) {
    unit.succeeded = false;
    if (unit.last.reason == Reason::exited) unit.last.reason = Reason::none;
    if (unit.config.crash_limit > 0) {
        // Somebody has looked into it.
        unit.life.forget_crashes();
        remember(std::nullopt, now);
    }
    want_start(unit, now);
}

void Supervisor::stop(Unit& unit, Time now) {
    want_stop(unit, Reason::requested, std::nullopt, now);
}

bool Supervisor::send_signal(const Unit& unit, int number) {
    return unit.pid > 0 && ::kill(unit.pid, number) == 0;
}

void Supervisor::take_stop_signal(pid_t sender, Time now) {
    if (!stop_) {
        // The idiom of "kill supervisord when a program is FATAL": then that is the reason.
        const Unit* culprit = nullptr;
        for (const auto& unit : units_) {
            const bool is_sender = unit->config.is_listener && sender > 0 && unit->pid > 0 &&
                                   ::getpgid(sender) == unit->pid;
            if (!is_sender) continue;
            for (const auto& other : units_) {
                if (other->state() == State::fatal) culprit = other.get();
            }
        }
        begin_shutdown(culprit, now);
        return;
    }
    ++stop_->requests;
    const bool is_third = stop_->requests >= 3;
    workshop_.journal.warn(is_third ? "asked again: everything ends now"
                                    : "asked again: only PostgreSQL still has its time");
    if (!is_third) {
        stop_->end = std::min(stop_->end, now + config_.daemon.postgres_reserve + wave_share);
    }
    if (is_third) stop_->end = now + 2 * quit_share;
    for (const auto& unit : units_) {
        if (unit->config.is_postgres && !is_third) continue;
        if (unit->is_alive() && unit->state() != State::stopping) {
            want_stop(*unit, Reason::requested, milliseconds(0), now);
        }
        unit->life.hurry(now);
    }
    tick(now);
}

void Supervisor::begin_shutdown(const Unit* cause, Time now) {
    if (stop_) return;
    Stop stop;
    stop.began = now;
    stop.end = now + config_.daemon.stop_budget;
    if (cause != nullptr) {
        stop.culprit = cause->name;
        stop.reason = cause->last.reason;
        stop.code = exit_code_of(*cause);
    }
    stop_ = stop;
    workshop_.journal.info(
        cause == nullptr
            ? fmt::format("stopping everything within {} ms", config_.daemon.stop_budget.count())
            : fmt::format("\"{}\" is critical: stopping everything", cause->name));
    for (const auto& unit : units_) {
        unit->wanted = false;
        unit->restart = false;
        if (unit->state() == State::backoff) want_stop(*unit, Reason::requested, std::nullopt, now);
    }
    advance_stop(now);
}

void Supervisor::advance_stop(Time now) {
    if (!stop_) return;
    std::vector<Unit*> alive;
    for (const auto& unit : units_) {
        if (unit->is_alive()) alive.push_back(unit.get());
    }
    std::vector<Unit*> free;
    std::vector<int> ranks;
    bool has_postgres = false;
    for (Unit* unit : alive) {
        has_postgres = has_postgres || unit->config.is_postgres;
        if (std::ranges::find(ranks, stop_rank(unit->config)) == ranks.end()) {
            ranks.push_back(stop_rank(unit->config));
        }
        const bool is_needed = std::ranges::any_of(
            alive, [&](const Unit* other) { return depends_on(*other, unit->name); });
        if (!is_needed) free.push_back(unit);
    }
    if (free.empty()) return;
    int highest = stop_rank(free.front()->config);
    for (const Unit* unit : free)
        highest = std::max(highest, stop_rank(unit->config));
    const milliseconds reserve = has_postgres ? config_.daemon.postgres_reserve : milliseconds(0);
    const auto later = static_cast<int>(ranks.size()) - 1 - (has_postgres ? 1 : 0);
    for (Unit* unit : free) {
        if (stop_rank(unit->config) != highest || unit->state() == State::stopping) continue;
        auto limit = std::chrono::duration_cast<milliseconds>(stop_->end - now);
        if (unit->config.is_postgres) {
            limit = std::max(limit - quit_share, limit / 2);
        } else {
            limit =
                std::min(unit->config.stopwait, limit - reserve - wave_share * std::max(later, 0));
        }
        want_stop(*unit, Reason::requested, std::max(limit, milliseconds(0)), now);
    }
    for (Unit* unit : free) {
        // Stopped by somebody before, with more patience than there is now.
        if (!unit->config.is_postgres) unit->life.hurry(stop_->end - reserve);
    }
}

void Supervisor::tick_start(Unit& unit, Time now) {
    if (unit.spawn_due && now >= *unit.spawn_due) spawn(unit, now);
    if (unit.ready_due && now >= *unit.ready_due) {
        unit.ready_due.reset();
        workshop_.journal.warn(fmt::format("\"{}\" was not ready in time", unit.name));
        restart_for(unit, Reason::ready_timeout, now);
    }
}

void Supervisor::tick_unit(Unit& unit, Time now) {
    tick_start(unit, now);
    if (unit.gate) unit.gate->tick(now);
    if (unit.probes) unit.probes->tick(now);
    if (unit.last_resort && now >= *unit.last_resort) send_kill(unit, now);
    const auto due = unit.life.deadline();
    if (!due || now < *due || unit.spawn_pending) return;
    if (unit.state() == State::backoff && !are_dependencies_met(unit)) return;
    const State from = unit.state();
    if (from == State::starting) unit.report = sys::UniqueFd();  // it got past exec
    act(unit, unit.life.tick(now), from, now);
}

void Supervisor::tick(Time now) {
    for (std::size_t index = 0; index < units_.size(); ++index)
        tick_unit(*units_[index], now);
}

std::optional<Time> Supervisor::deadline() const noexcept {
    std::optional<Time> nearest;
    const auto take = [&nearest](const std::optional<Time>& time) {
        if (time && (!nearest || *time < *nearest)) nearest = time;
    };
    for (const auto& unit : units_) {
        const bool is_held = unit->spawn_pending ||
                             (unit->state() == State::backoff && !are_dependencies_met(*unit));
        if (!is_held) take(unit->life.deadline());
        take(unit->spawn_due);
        take(unit->ready_due);
        take(unit->last_resort);
        if (unit->gate) take(unit->gate->deadline());
        if (unit->probes) take(unit->probes->deadline());
    }
    if (stop_) take(stop_->end + hopeless);
    return nearest;
}

bool Supervisor::is_done() const noexcept {
    if (!stop_) return false;
    if (std::chrono::steady_clock::now() >= stop_->end + hopeless) return true;
    return std::ranges::none_of(units_, [](const auto& unit) { return unit->is_alive(); });
}

int Supervisor::exit_code() const noexcept {
    if (!stop_) return 0;
    if (stop_->code != 0) return stop_->code;
    if (stop_->postgres_killed) return 31;
    return stop_->killed ? 30 : 0;
}

std::string Supervisor::verdict() const {
    if (!stop_) return "running";
    std::string text = "stopped as asked";
    for (const auto& unit : units_) {
        if (unit->name != stop_->culprit) continue;
        text = fmt::format("\"{}\" is critical and {}: {}",
                           unit->name,
                           unit->state() == State::fatal ? "is FATAL" : "has ended",
                           unit->spawn_error.empty() ? unit->last.to_text() : unit->spawn_error);
    }
    if (stop_->postgres_killed) return text + "; PostgreSQL had to be killed";
    return stop_->killed ? text + "; something had to be killed" : text;
}

}  // namespace poststack::supervise
