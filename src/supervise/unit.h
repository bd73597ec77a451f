// One supervised process: its configuration, its life, and what belongs to its present run.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

#include "supervise/accounts.h"
#include "supervise/config.h"
#include "supervise/gate.h"
#include "supervise/life.h"
#include "supervise/probes.h"
#include "supervise/program_log.h"
#include "sys/fd.h"

namespace poststack::supervise {

/// Why a program's last run ended, or why it does not run.
enum class Reason {
    none,
    requested,       ///< somebody stopped it
    exited,          ///< by itself, with a code
    signalled,       ///< by a signal that was not ours
    out_of_memory,   ///< by the kernel's OOM killer
    not_run,         ///< it could not be run
    stop_timeout,    ///< it had to be killed, for it did not stop in time
    startup_probe,   ///< its startup probe failed too often
    liveness_probe,  ///< its liveness probe failed too often
    ready_timeout,   ///< it was not ready in time
    dependency,      ///< one it depends on does not run, or was restarted
    crash_limit,     ///< it ended more often than it may
};

/// "exited", as status and JSON show it.
[[nodiscard]] std::string_view name(Reason reason) noexcept;

/// How the last run ended.
struct Ended {
    Reason reason = Reason::none;
    int code = 0;
    int signal = 0;

    /// "exit code 3", "signal KILL (out of memory)", "stopped".
    [[nodiscard]] std::string to_text() const;
};

struct Unit {
    explicit Unit(ProgramConfig program);

    ProgramConfig config;
    std::string name;  ///< "group:name" or "name"
    Life life;
    std::optional<RunAs> run_as;

    // What is wanted:
    bool wanted = false;     ///< started and not stopped since
    bool restart = false;    ///< to be started again once it has stopped
    bool succeeded = false;  ///< a one-shot program that has done its work
    Reason stop_reason = Reason::none;

    // The present run:
    pid_t pid = 0;
    sys::UniqueFd report;
    sys::UniqueFd stdin_pipe;
    sys::UniqueFd notify;
    std::string notify_address;
    std::unique_ptr<Gate> gate;
    std::unique_ptr<Probes> probes;
    bool ready = false;
    std::uint64_t ready_count = 0;             ///< how often it became ready
    std::map<std::string, std::uint64_t> saw;  ///< ready_count of those it depends on
    std::optional<Time> ready_due;
    bool killed_late = false;         ///< it was not gone in time
    std::optional<Time> last_resort;  ///< SIGKILL after a SIGQUIT that did not help

    // Before a run: what is left of the last one.
    bool spawn_pending = false;
    std::optional<Time> spawn_due;
    pid_t stale_group = 0;
    std::optional<Time> stale_kill;
    Time pending_since{};

    // For status:
    std::shared_ptr<ProgramLog> out;
    std::shared_ptr<ProgramLog> err;
    std::string out_path;
    std::string err_path;
    Ended last;
    std::string spawn_error;
    std::uint64_t starts = 0;
    Time started{};
    std::chrono::system_clock::time_point started_at{};
    std::chrono::system_clock::time_point stopped_at{};

    [[nodiscard]] State state() const noexcept { return life.state(); }

    [[nodiscard]] bool has_gate() const noexcept { return config.ready.kind != Check::Kind::none; }

    /// True when those that depend on it may start.
    [[nodiscard]] bool is_satisfied() const noexcept {
        if (config.one_shot) return succeeded;
        return ready;
    }

    /// True while a process exists, or is about to.
    [[nodiscard]] bool is_alive() const noexcept { return pid > 0 || spawn_pending; }
};

}  // namespace poststack::supervise
