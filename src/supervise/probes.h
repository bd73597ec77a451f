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

/// startup holds the other two back until it has succeeded once, and so does the gate of a program
/// with ready= while it is closed; liveness ends the program; readiness only marks it. Thresholds
/// count answers in a row.
class Probes {
  public:
    using Time = std::chrono::steady_clock::time_point;

    enum class Which { startup = 0, readiness = 1, liveness = 2 };

    struct Callbacks {
        /// startup or liveness has failed too often.
        std::function<void(Which which, const std::string& why)> failed;
        std::function<void(bool ready, const std::string& why)> readiness_changed;
    };

    /// `gate_open`: also for a program without one.
    Probes(sys::Poller& poller,
           const ProgramConfig& program,
           CheckFrame frame,
           bool gate_open,
           Callbacks callbacks);

    /// True when there is something to ask.
    [[nodiscard]] static bool are_wanted(const ProgramConfig& program) noexcept;

    [[nodiscard]] std::optional<Time> deadline() const noexcept;
    void tick(Time now);

    /// The program's gate has opened, or closed: readiness and liveness begin anew, or wait.
    void set_gate(bool open, Time now);

    /// Without a readiness probe always true, once startup has succeeded.
    [[nodiscard]] bool is_ready() const noexcept;

    /// What the readiness probe was last told, or that it was told nothing yet.
    [[nodiscard]] std::string readiness_text() const;

    [[nodiscard]] CheckRun* find_run(pid_t pid) noexcept;

  private:
    struct Slot {
        const Probe* probe = nullptr;
        std::unique_ptr<CheckRun> run;
        std::optional<Time> next;
        int failures = 0;
        int successes = 0;
        bool passed = false;       ///< startup: once; readiness: now
        std::optional<bool> told;  ///< of readiness, what the callback was told last
        bool is_over = false;      ///< reported, or startup done
        std::string text;
    };

    [[nodiscard]] bool is_held(std::size_t index) const noexcept;
    void take(std::size_t index, const CheckAnswer& answer);

    sys::Poller& poller_;
    CheckFrame frame_;
    Callbacks callbacks_;
    bool gate_open_;
    std::array<Slot, 3> slots_;
};

}  // namespace poststack::supervise
