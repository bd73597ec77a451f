// One program's state, counters and deadline: step() with a clock handed in. No system call.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "supervise/state.h"

namespace poststack::supervise {

using Time = std::chrono::steady_clock::time_point;

/// The rules of a program, in the words of its section.
struct LifeRules {
    std::chrono::milliseconds startsecs{1000};
    std::chrono::milliseconds stopwait{10'000};
    int startretries = 3;
    int crash_limit = 0;  ///< 0: none
    std::chrono::milliseconds crash_window{600'000};
};

/// How a process of the program ended, as far as its life depends on it.
enum class Ending {
    stays,   ///< not to be started again (autorestart)
    again,   ///< to be started again
    failed,  ///< it never ran: fork, exec, directory, user
};

/// Never throws, never allocates.
class Life {
  public:
    explicit Life(const LifeRules& rules) noexcept : rules_(rules) {}

    [[nodiscard]] State state() const noexcept { return state_; }

    [[nodiscard]] int backoff() const noexcept { return backoff_; }

    /// The instant tick() is to be called at; nothing while no time matters.
    [[nodiscard]] std::optional<Time> deadline() const noexcept { return deadline_; }

    /// What to do now; the state has changed already. A program that has reached its crash limit
    /// before it was started becomes FATAL.
    Action want_start(Time now) noexcept;
    /// `wait` overrides the rules: less time where a stop budget is nearly used up.
    Action want_stop(Time now, std::optional<std::chrono::milliseconds> wait = {}) noexcept;
    Action tick(Time now) noexcept;

    /// The process that want_start() or tick() asked for exists only now: what it had to wait for
    /// does not count as its life.
    void began(Time now) noexcept;

    /// A program that is stopping has until `latest`, no longer.
    void hurry(Time latest) noexcept;

    /// The process has ended (or never began). Call it before any tick() that is due: a program
    /// counts as RUNNING only when it was seen alive behind startsecs.
    Action ended(Ending how, Time now) noexcept;

    /// Counts an unexpected end, also one of a life before this process began.
    void remember_crash(Time when) noexcept;

    /// Somebody has looked into it: the limit counts anew.
    void forget_crashes() noexcept { crash_count_ = 0; }

    /// How many unexpected ends are remembered within the window.
    [[nodiscard]] int recent_crashes(Time now) const noexcept;

    /// Their instants.
    [[nodiscard]] std::vector<Time> crashes(Time now) const;

    [[nodiscard]] bool is_crash_limit_reached(Time now) const noexcept;

    [[nodiscard]] const LifeRules& rules() const noexcept { return rules_; }

  private:
    Action apply(Event event, Time now) noexcept;
    [[nodiscard]] Event judge_end(Ending how, Time now) noexcept;
    [[nodiscard]] std::span<const Time> kept() const noexcept;

    LifeRules rules_;
    State state_ = State::stopped;
    int backoff_ = 0;
    Time started_{};
    std::optional<Time> deadline_;
    std::array<Time, 64> crashes_{};  ///< a ring of the last unexpected ends
    std::size_t crash_count_ = 0;
};

}  // namespace poststack::supervise
