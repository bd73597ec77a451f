// Kubernetes' three probes of one running process.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "supervise/check_run.h"
#include "supervise/config.h"

namespace poststack::supervise {

/// startup holds the other two back until it has succeeded once; liveness ends the program;
/// readiness only marks it. Thresholds count answers in a row.
class Probes {
  public:
    using Time = std::chrono::steady_clock::time_point;

    enum class Which { startup = 0, readiness = 1, liveness = 2 };

    struct Callbacks {
        /// startup or liveness has failed too often.
        std::function<void(Which which, const std::string& why)> failed;
        std::function<void(bool ready, const std::string& why)> readiness_changed;
    };

    Probes(sys::Poller& poller,
           const ProgramConfig& program,
           CheckFrame frame,
           Callbacks callbacks);

    /// True when there is something to ask.
    [[nodiscard]] static bool are_wanted(const ProgramConfig& program) noexcept;

    [[nodiscard]] std::optional<Time> deadline() const noexcept;
    void tick(Time now);

    /// Without a readiness probe always true, once startup has succeeded.
    [[nodiscard]] bool is_ready() const noexcept;

    /// What the readiness probe was last told.
    [[nodiscard]] const std::string& readiness_text() const noexcept { return slots_[1].text; }

    [[nodiscard]] CheckRun* find_run(pid_t pid) noexcept;

  private:
    struct Slot {
        const Probe* probe = nullptr;
        std::unique_ptr<CheckRun> run;
        std::optional<Time> next;
        int failures = 0;
        int successes = 0;
        bool passed = false;   ///< startup: once; readiness: now
        bool is_over = false;  ///< reported, or startup done
        std::string text;
    };

    [[nodiscard]] bool is_held(std::size_t index) const noexcept;
    void take(std::size_t index, const CheckAnswer& answer);

    sys::Poller& poller_;
    CheckFrame frame_;
    Callbacks callbacks_;
    std::array<Slot, 3> slots_;
};

}  // namespace poststack::supervise
