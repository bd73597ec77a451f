// One question to a program, asked without waiting for the answer.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "supervise/accounts.h"
#include "supervise/config.h"
#include "sys/fd.h"
#include "sys/poller.h"

namespace poststack::supervise {

struct CheckAnswer {
    bool good = false;
    std::string text;  ///< "503 Service Unavailable", "connection refused"
};

/// Whom an exec: check runs as, and with what; where a postgres check knocks.
struct CheckFrame {
    std::vector<std::string> variables;
    std::optional<std::string> directory;
    std::optional<RunAs> run_as;
    std::string pgdata;
};

/// Asks once. Destroying it gives the question up (an exec: check is killed).
class CheckRun {
  public:
    using Time = std::chrono::steady_clock::time_point;
    using Done = std::function<void(const CheckAnswer&)>;

    virtual ~CheckRun() = default;
    CheckRun(const CheckRun&) = delete;
    CheckRun& operator=(const CheckRun&) = delete;

    /// The process of an exec: check, 0 for any other: whoever reaps it calls ended().
    [[nodiscard]] virtual pid_t pid() const noexcept { return 0; }

    virtual void ended(int /*code*/, int /*signal*/) {}

    [[nodiscard]] Time deadline() const noexcept { return deadline_; }

    /// Called at the deadline: the answer is no.
    void expire() { answer(false, "no answer in time"); }

    /// True once `done` was called.
    [[nodiscard]] bool is_over() const noexcept { return over_; }

  protected:
    CheckRun(Time deadline, Done done) : deadline_(deadline), done_(std::move(done)) {}
    void answer(bool good, std::string text);

  private:
    Time deadline_;
    Done done_;
    bool over_ = false;
};

/// Begins to ask. `done` may be called before this returns. Kind notify is answered elsewhere: here
/// the answer is no.
[[nodiscard]] std::unique_ptr<CheckRun> start_check(sys::Poller& poller,
                                                    const Check& check,
                                                    const CheckFrame& frame,
                                                    std::chrono::milliseconds timeout,
                                                    CheckRun::Done done);

}  // namespace poststack::supervise
