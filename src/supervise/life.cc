#include "supervise/life.h"

#include <algorithm>

namespace poststack::supervise {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A program that lived shorter than this is started again after a wait: what svscan and runit do
/// too. Longer: at once.
constexpr milliseconds brief{1000};

}  // namespace

Action Life::want_start(Time now) noexcept {
    backoff_ = 0;
    const bool is_worn_out = state_ == State::stopped && is_crash_limit_reached(now);
    return apply(is_worn_out ? Event::gave_up : Event::start, now);
}

Action Life::want_stop(Time now, std::optional<milliseconds> wait) noexcept {
    const Action action = apply(Event::stop, now);
    if (action == Action::send_stop) deadline_ = now + wait.value_or(rules_.stopwait);
    return action;
}

Action Life::tick(Time now) noexcept {
    if (!deadline_ || now < *deadline_) return Action::none;
    switch (state_) {
        case State::starting: return apply(Event::lived, now);
        case State::backoff: return apply(Event::retry, now);
        case State::stopping: return apply(Event::stop_late, now);
        default: deadline_.reset(); return Action::none;
    }
}

void Life::began(Time now) noexcept {
    if (state_ != State::starting) return;
    started_ = now;
    deadline_ = now + rules_.startsecs;
}

void Life::hurry(Time latest) noexcept {
    if (state_ == State::stopping && deadline_) deadline_ = std::min(*deadline_, latest);
}

Action Life::ended(Ending how, Time now) noexcept {
    return apply(judge_end(how, now), now);
}

void Life::remember_crash(Time when) noexcept {
    crashes_[crash_count_ % crashes_.size()] = when;
    ++crash_count_;
}

std::span<const Time> Life::kept() const noexcept {
    return std::span(crashes_).first(std::min(crash_count_, crashes_.size()));
}

int Life::recent_crashes(Time now) const noexcept {
    return static_cast<int>(std::ranges::count_if(
        kept(), [&](Time when) { return now - when <= rules_.crash_window; }));
}

std::vector<Time> Life::crashes(Time now) const {
    std::vector<Time> recent;
    for (const Time when : kept()) {
        if (now - when <= rules_.crash_window) recent.push_back(when);
    }
    return recent;
}

bool Life::is_crash_limit_reached(Time now) const noexcept {
    const int limit = std::min(rules_.crash_limit, static_cast<int>(crashes_.size()));
    return limit > 0 && recent_crashes(now) >= limit;
}

Event Life::judge_end(Ending how, Time now) noexcept {
    if (state_ == State::stopping) return Event::gone;
    const bool was_running = state_ == State::running;
    if (was_running && how == Ending::stays) return Event::ended;
    remember_crash(now);
    if (is_crash_limit_reached(now)) return was_running ? Event::crashed_out : Event::gave_up;
    if (was_running && now - started_ >= brief) return Event::ended_again;
    ++backoff_;
    const bool is_last = backoff_ > rules_.startretries;
    if (was_running) return is_last ? Event::crashed_out : Event::crashed;
    return is_last ? Event::gave_up : Event::start_failed;
}

Action Life::apply(Event event, Time now) noexcept {
    const Step after = step(state_, event);
    const bool is_known = after.next != state_ || after.action != Action::none;
    if (!is_known) return Action::none;
    state_ = after.next;
    deadline_.reset();
    switch (after.action) {
        case Action::spawn:
            started_ = now;
            // With startsecs=0 every start is a success, the moment it is made.
            deadline_ = now + rules_.startsecs;
            break;
        case Action::wait: deadline_ = now + seconds(backoff_); break;
        case Action::send_stop: deadline_ = now + rules_.stopwait; break;
        default: break;
    }
    // A crash loop is one that never gets past its first second.
    if (event == Event::ended_again) backoff_ = 0;
    if (event == Event::lived && rules_.startsecs >= brief) backoff_ = 0;
    return after.action;
}

}  // namespace poststack::supervise
