// When a program is ready: the answer to ready=, from its launch to its end.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "supervise/check_run.h"
#include "sys/fd.h"
#include "sys/poller.h"

namespace poststack::supervise {

/// Watches one process of one program. Opens when the program says that it is ready, or when it
/// answers; PostgreSQL's closes again while the server restarts after a crash.
///
/// PostgreSQL tells by line 8 of postmaster.pid, which counts only while line 1 is the process that
/// we launched: a file that the last server left says "ready" too, and so does the server that an
/// image starts for a moment to set itself up. sd_notify's READY=1 counts as well.
class Gate {
  public:
    using Time = std::chrono::steady_clock::time_point;
    using Changed = std::function<void(bool open, const std::string& why)>;

    /// `notify` is the socket whose address went into the program's environment; may be empty.
    Gate(sys::Poller& poller,
         Check check,
         CheckFrame frame,
         pid_t pid,
         sys::UniqueFd notify,
         Changed changed);
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate();

    [[nodiscard]] bool is_open() const noexcept { return open_; }

    /// When tick() is to be called.
    [[nodiscard]] std::optional<Time> deadline() const noexcept;
    void tick(Time now);

    /// A line of the program's output: PostgreSQL says there that it restarts after a crash.
    void take_line(std::string_view line);

    /// The exec: check that `pid` belongs to; nullptr when it is none of ours.
    [[nodiscard]] CheckRun* find_run(pid_t pid) noexcept;

  private:
    void watch_directory();
    void look_at_pid_file();
    void take_notice();
    void ask(Time now);
    void take_answer(const CheckAnswer& answer);
    void set(bool open, const std::string& why);

    sys::Poller& poller_;
    Check check_;
    CheckFrame frame_;
    pid_t pid_;
    sys::UniqueFd notify_;
    sys::UniqueFd directory_;  ///< inotify
    Changed changed_;
    bool open_ = false;
    bool crashed_ = false;  ///< line 8 cannot be trusted until the server answers
    std::unique_ptr<CheckRun> run_;
    std::chrono::milliseconds pause_{10};
    std::optional<Time> next_;
};

/// Makes the socket that NOTIFY_SOCKET names; `address` becomes its name, an abstract one.
[[nodiscard]] sys::UniqueFd open_notify_socket(std::string& address);

}  // namespace poststack::supervise
