// The seam through which every server process is started (DESIGN.md, decision 4).
//
// Today a server is a plain process in a session of its own; later poststack-init starts it. What
// both promise: the volume lock's descriptor is inherited, the server outlives the command, and its
// output goes to a log that cannot grow without bound.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "instance/binaries.h"
#include "instance/place.h"
#include "sys/process.h"

namespace poststack::instance {

struct LaunchPlan {
    Binaries binaries;
    Place place;
    std::vector<std::pair<std::string, std::string>> settings;  ///< -c name=value
    int lock_fd = -1;  ///< the volume lock, inherited by the server
};

/// A started server process, before the gate.
class LaunchedServer {
  public:
    LaunchedServer(sys::ChildProcess child, std::optional<sys::ChildProcess> log_writer)
        : child_(std::move(child)), log_writer_(std::move(log_writer)) {}

    [[nodiscard]] pid_t pid() const noexcept { return child_.pid(); }

    /// Its exit status when it has ended.
    [[nodiscard]] std::optional<sys::ExitStatus> try_wait() { return child_.try_wait(); }

    /// Asks a server that is still starting to stop, and waits for it up to `limit`.
    void stop(std::chrono::milliseconds limit);

    /// After the server ended: waits (briefly) until its last words are in the log.
    void await_log();

    /// Lets server and log writer outlive this process. Without this call the destructor ends them.
    void release() noexcept;

  private:
    sys::ChildProcess child_;
    std::optional<sys::ChildProcess> log_writer_;
};

class Launcher {
  public:
    Launcher() = default;
    Launcher(const Launcher&) = delete;
    Launcher& operator=(const Launcher&) = delete;
    virtual ~Launcher() = default;

    /// Starts postgres and returns once exec has succeeded.
    [[nodiscard]] virtual LaunchedServer launch(const LaunchPlan& plan) = 0;
};

/// Starts plain processes. `log_writer` is the argv of the program that reads the server's output
/// from stdin and writes rotating files (`poststack server-log FILE`); empty: output is appended to
/// the log file directly, unrotated (tests).
[[nodiscard]] std::unique_ptr<Launcher> make_plain_launcher(std::vector<std::string> log_writer);

}  // namespace poststack::instance
