// One thread's wait for everything at once: descriptors (epoll), signals (signalfd), time
// (timerfd).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <sys/signalfd.h>
#include <vector>

#include "sys/fd.h"

namespace poststack::sys {

/// Not thread safe. Waits without a wake-up for as long as nothing happens.
class Poller {
  public:
    /// Gets the epoll events that came (EPOLLIN ...).
    using Handler = std::function<void(std::uint32_t events)>;
    using Time = std::chrono::steady_clock::time_point;

    /// Errors: io.
    Poller();

    /// Calls `handler` whenever one of `events` comes; the descriptor stays its owner's. Errors: io
    /// (also for a regular file, which epoll does not know).
    void watch(int fd, std::uint32_t events, Handler handler);

    /// Waits for other events from now on.
    void change(int fd, std::uint32_t events) noexcept;

    /// Ends the watch; call it before the descriptor is closed. Unknown ones are fine.
    void forget(int fd) noexcept;

    /// Blocks `signals` for this process and hands each that comes to `handler`, before anything
    /// else that came with it. Errors: io.
    void watch_signals(std::initializer_list<int> signals,
                       std::function<void(const signalfd_siginfo&)> handler);

    /// Waits for the next events, at most until `deadline`, and calls their handlers; returns after
    /// the deadline too. What a handler throws comes out.
    void wait(std::optional<Time> deadline);

  private:
    struct Watch {
        Handler handler;
        std::uint32_t generation = 0;
    };

    void set_timer(std::optional<Time> deadline) noexcept;
    void take_signals();
    void dispatch(std::uint64_t key, std::uint32_t events);

    UniqueFd epoll_;
    UniqueFd timer_;
    UniqueFd signals_;
    std::function<void(const signalfd_siginfo&)> on_signal_;
    std::vector<std::shared_ptr<Watch>> watches_;  // by descriptor; kept alive while it runs
    std::optional<Time> armed_;
    std::uint32_t generation_ = 0;
};

}  // namespace poststack::sys
