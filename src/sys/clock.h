// Time behind an interface, so that tests need not wait.
#pragma once

#include <chrono>

namespace poststack::sys {

class Clock {
  public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    /// Monotonic time, for limits and durations.
    [[nodiscard]] virtual std::chrono::steady_clock::time_point now() const = 0;

    /// Calendar time, for stamps.
    [[nodiscard]] virtual std::chrono::system_clock::time_point today() const = 0;

    /// Sleeps; throws ErrorKind::interrupted when a stop signal arrives (sys/signal.h).
    virtual void sleep(std::chrono::nanoseconds duration) = 0;
};

/// The machine's clock. Lives as long as the process.
[[nodiscard]] Clock& system_clock();

/// A clock that moves only when told to or slept on.
class FakeClock final : public Clock {
  public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const override;
    [[nodiscard]] std::chrono::system_clock::time_point today() const override;
    void sleep(std::chrono::nanoseconds duration) override;
    void advance(std::chrono::nanoseconds duration);

  private:
    std::chrono::nanoseconds elapsed_{0};
};

}  // namespace poststack::sys
