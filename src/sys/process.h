// Child processes with owners. Nothing between fork and exec allocates, logs or locks.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "sys/fd.h"
#include "sys/user.h"

namespace poststack::sys {

struct ExitStatus {
    int code = 0;    ///< exit code; meaningless when signal is set
    int signal = 0;  ///< terminating signal, 0 for a normal exit

    [[nodiscard]] bool ok() const noexcept { return code == 0 && signal == 0; }

    /// "exit code 3", "signal 9 (Killed)".
    [[nodiscard]] std::string to_text() const;
};

/// What to start. Descriptors are borrowed until spawn() returns; -1 stands for /dev/null. The
/// child inherits no other descriptor, whatever we were started with, no blocked signal and no
/// ignored one.
struct ProcessPlan {
    std::vector<std::string> argv = {};  ///< argv[0] is searched in PATH when it has no slash
    std::optional<std::filesystem::path> directory = {};
    std::vector<std::pair<std::string, std::string>> environment = {};  ///< added to ours
    std::vector<std::string> unset = {};                                ///< removed from ours
    bool clean_environment = false;  ///< start from PATH, HOME, LANG, LC_*, TZ, TERM alone
    /// Become this user (root only), with its groups, HOME, USER and LOGNAME.
    std::optional<Account> account = {};
    bool new_session = false;  ///< setsid(): survives our terminal, own process group
    int stdin_fd = -1;
    int stdout_fd = -1;
    int stderr_fd = -1;
    std::vector<int> keep_fds = {};  ///< inherited under the same number
    std::optional<mode_t> umask = {};
};

/// A running child. The destructor kills (SIGKILL) and reaps it unless it was waited for or
/// released.
class ChildProcess {
  public:
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    /// Blocks until it ends.
    ExitStatus wait();

    /// Its status when it has ended already.
    [[nodiscard]] std::optional<ExitStatus> try_wait();

    /// Waits up to `limit`; nothing when it still runs then. Errors: interrupted.
    [[nodiscard]] std::optional<ExitStatus> wait_for(std::chrono::milliseconds limit);

    /// Sends `number`; false when it is gone already.
    bool send_signal(int number) noexcept;

    /// Lets it live on without us. It becomes somebody else's to reap.
    pid_t release() noexcept;

  private:
    friend ChildProcess spawn(const ProcessPlan& plan);
    explicit ChildProcess(pid_t pid) noexcept : pid_(pid) {}
    pid_t pid_ = -1;
    std::optional<ExitStatus> ended_;
};

/// Starts `plan` and returns once exec has succeeded.
///
/// Errors: not_found when the program is not there, denied when it may not be run, io otherwise;
/// the message names the stage (directory, user, exec).
[[nodiscard]] ChildProcess spawn(const ProcessPlan& plan);

struct ToolResult {
    ExitStatus status;
    std::string output;  ///< stdout
    std::string errors;  ///< stderr
};

/// Runs `plan` to its end, feeding `input` and collecting both outputs (at most `output_limit`
/// bytes each; more is read and dropped). The plan's own descriptors are ignored.
/// Errors: as spawn(); timeout after `limit` (the child is killed); interrupted.
[[nodiscard]] ToolResult run_tool(const ProcessPlan& plan,
                                  std::chrono::milliseconds limit,
                                  std::string_view input = {},
                                  std::size_t output_limit = 16U << 20);

/// Runs run_tool() and throws ErrorKind::tool with the last lines of stderr unless it exits 0.
[[nodiscard]] std::string run_checked(const ProcessPlan& plan,
                                      std::chrono::milliseconds limit,
                                      std::string_view input = {});

/// The full path of `program` in PATH; nothing when absent.
[[nodiscard]] std::optional<std::filesystem::path> find_program(const std::string& program);

/// Waits up to `limit` for any process, ours or not, to end; false when it still runs then. A
/// zombie has ended. Errors: interrupted.
[[nodiscard]] bool wait_gone(pid_t pid, std::chrono::milliseconds limit);

/// True while `pid` exists (also as a zombie of somebody else, also when it is not ours).
[[nodiscard]] bool is_alive(pid_t pid) noexcept;

/// The kernel's start time of `pid` in clock ticks since boot: tells a reused pid apart.
[[nodiscard]] std::optional<std::uint64_t> start_ticks(pid_t pid);

/// argv[0]'s file name of `pid` from /proc, e.g. "postgres"; nothing when it is gone.
[[nodiscard]] std::optional<std::string> program_name(pid_t pid);

/// Device and inode of every regular file that some process we may look into has open.
[[nodiscard]] std::set<std::pair<dev_t, ino_t>> open_files();

}  // namespace poststack::sys
