// fork and exec of a supervised program. Nothing in the child allocates, logs or locks; a failure
// comes back as {stage, errno} over a pipe that a successful exec closes.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "supervise/accounts.h"
#include "sys/fd.h"

namespace poststack::supervise {

enum class LaunchStage : int { none, find, fork, descriptors, session, user, directory, exec };

struct LaunchFailure {
    LaunchStage stage = LaunchStage::none;
    int code = 0;  ///< errno
};

/// Made ready before the fork; borrowed until launch() returns.
struct LaunchPlan {
    std::string program;                 ///< a path
    std::vector<std::string> argv;       ///< argv[0] as the file says it
    std::vector<std::string> variables;  ///< the whole environment, "KEY=value"
    std::optional<std::string> directory;
    std::optional<mode_t> umask;
    std::optional<RunAs> run_as;  ///< nothing: as we are
    int stdin_fd = -1;
    int stdout_fd = -1;
    int stderr_fd = -1;
    int keep_fd = -1;  ///< inherited under its own number: the lock of a data directory
};

struct Launched {
    pid_t pid = -1;             ///< -1: fork failed
    int code = 0;               ///< errno of the fork
    sys::UniqueFd report = {};  ///< for read_failure(), once the child has ended
};

/// Starts `plan` in a session and process group of its own. Every other descriptor is closed, every
/// signal has its default handling.
[[nodiscard]] Launched launch(const LaunchPlan& plan);

/// What the child reported; nothing when it reached exec.
[[nodiscard]] std::optional<LaunchFailure> read_failure(const sys::UniqueFd& report) noexcept;

/// The path of `name`: itself when it holds a slash, else the first hit in the PATH of `variables`.
/// Nothing when there is none.
[[nodiscard]] std::optional<std::string> find_executable(const std::string& name,
                                                         const std::vector<std::string>& variables);

/// "cannot run "x": No such file or directory".
[[nodiscard]] std::string to_text(const LaunchFailure& failure, const LaunchPlan& plan);

}  // namespace poststack::supervise
