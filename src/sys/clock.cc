#include "sys/clock.h"

#include "sys/signal.h"

namespace poststack::sys {
namespace {

class SystemClock final : public Clock {
  public:
    [[nodiscard]] std::chrono::steady_clock::time_point now() const override {
        return std::chrono::steady_clock::now();
    }

    [[nodiscard]] std::chrono::system_clock::time_point today() const override {
        return std::chrono::system_clock::now();
    }

    void sleep(std::chrono::nanoseconds duration) override {
        const auto whole = std::chrono::ceil<std::chrono::milliseconds>(duration);
        [[maybe_unused]] const WaitResult waited = wait_readable(-1, whole);
    }
};

}  // namespace

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

std::chrono::steady_clock::time_point FakeClock::now() const {
    return std::chrono::steady_clock::time_point(
        std::chrono::duration_cast<std::chrono::steady_clock::duration>(elapsed_));
}

std::chrono::system_clock::time_point FakeClock::today() const {
    constexpr std::chrono::sys_days start{std::chrono::year(2026) / 1 / 1};
    return start + std::chrono::duration_cast<std::chrono::system_clock::duration>(elapsed_);
}

void FakeClock::sleep(std::chrono::nanoseconds duration) {
    advance(duration);
}

void FakeClock::advance(std::chrono::nanoseconds duration) {
    elapsed_ += duration;
}

}  // namespace poststack::sys
