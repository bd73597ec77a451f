// What a supervisord.conf says, read and checked. The keys are described in docs/supervision.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "supervise/ini.h"
#include "supervise/words.h"

namespace poststack::supervise {

enum class Restart { never, unexpected, always };

/// What a program does when one it depends on was restarted and is ready again.
enum class OnRestart { hold, signal, restart };

struct LogTarget {
    enum class Kind { none, automatic, file, own_stdout, own_stderr };
    Kind kind = Kind::automatic;
    std::string path = {};
    std::uint64_t max_bytes = 50ULL << 20;  ///< 0: never rotated
    int backups = 10;
    bool events = false;  ///< PROCESS_LOG_* for event listeners

    bool operator==(const LogTarget&) const = default;
};

/// A question about a program, and where to ask it.
struct Check {
    enum class Kind { none, postgres, http, tcp, exec, file, notify };
    Kind kind = Kind::none;
    std::string text = {};               ///< as written
    std::string host = {};               ///< http, tcp: a literal address
    std::uint16_t port = 0;              ///< http, tcp
    std::string path = {};               ///< http: the target; file: the file
    std::vector<std::string> argv = {};  ///< exec

    bool operator==(const Check&) const = default;
};

/// A check that is made again and again; names and defaults are those of Kubernetes.
struct Probe {
    Check check = {};
    std::chrono::milliseconds delay{0};
    std::chrono::milliseconds period{10'000};
    std::chrono::milliseconds timeout{1'000};
    int failures = 3;
    int successes = 1;

    bool operator==(const Probe&) const = default;
};

struct ProgramConfig {
    std::string name;     ///< of the process: process_name
    std::string group;    ///< what stands before the colon in "group:name"
    std::string program;  ///< the section's name
    Place place;
    int group_priority = 999;
    int priority = 999;
    std::vector<std::string> argv;
    std::optional<std::string> directory;
    std::optional<mode_t> umask;
    std::optional<std::string> user;
    Variables environment;  ///< of [supervisord] and of the program
    bool autostart = true;
    Restart autorestart = Restart::unexpected;
    std::chrono::milliseconds startsecs{1000};
    int startretries = 3;
    std::vector<int> exitcodes{0};
    int stopsignal = 15;
    bool stopsignal_given = false;
    std::chrono::milliseconds stopwait{10'000};
    bool stopasgroup = false;
    bool killasgroup = false;
    bool redirect_stderr = false;
    LogTarget stdout_log;
    LogTarget stderr_log;
    std::string serverurl;
    // Ours:
    std::vector<std::string> depends_on;  ///< names of programs; what priority implies is added
    bool depends_given = false;
    bool one_shot = false;
    bool critical = false;
    Check ready;
    std::chrono::milliseconds ready_timeout{0};  ///< 0: as long as it takes
    std::string pgdata;                          ///< of a program that is PostgreSQL
    bool is_postgres = false;
    Probe startup;
    Probe readiness;
    Probe liveness;
    OnRestart on_dependency_restart = OnRestart::hold;
    int dependency_signal = 1;
    bool kill_stale = true;  ///< what the last run left behind ends before the next one
    int crash_limit = 0;     ///< ends within crash_window before it is FATAL; 0: no limit
    std::chrono::milliseconds crash_window{600'000};
    // Of an event listener:
    bool is_listener = false;
    std::vector<std::string> events;
    std::size_t buffer_size = 10;
    bool kills_on_fatal = false;  ///< looks like the idiom that ends supervisord at FATAL

    /// "group:name", or the name alone where both are the same.
    [[nodiscard]] std::string full_name() const;

    bool operator==(const ProgramConfig&) const = default;
};

enum class LogFormat { prefix, json, plain };

struct ServerConfig {
    std::string path;  ///< of a unix socket; empty: TCP
    mode_t mode = 0700;
    std::string owner;  ///< "user" or "user:group"
    std::string host;   ///< a literal address; empty: every address
    std::uint16_t port = 0;
    std::string username;
    std::string password;
    Place place;

    bool operator==(const ServerConfig&) const = default;
};

struct DaemonConfig {
    std::string identifier = "supervisor";
    std::string logfile;  ///< empty: stderr alone
    std::uint64_t logfile_max_bytes = 50ULL << 20;
    int logfile_backups = 10;
    std::string loglevel = "info";
    std::string pidfile;
    std::string childlogdir;  ///< empty: the directory for temporary files
    std::optional<std::string> directory;
    std::optional<mode_t> umask;
    std::optional<std::string> user;
    bool silent = false;
    bool strip_ansi = false;
    bool nocleanup = false;
    std::int64_t minfds = 1024;
    // Ours:
    LogFormat log_format = LogFormat::prefix;
    std::chrono::milliseconds stop_budget{9'000};
    std::chrono::milliseconds postgres_reserve{4'000};
    std::string termination_log;
    std::string state_file;
    Place place;
};

/// Something the author should know: an unknown key, an assumption that does not hold.
struct Notice {
    Place place;
    std::string text;
};

struct Config {
    std::string file;
    DaemonConfig daemon;
    std::vector<ServerConfig> servers;  ///< supervisorctl's
    std::optional<ServerConfig> health_socket;
    std::optional<ServerConfig> health_port;
    std::vector<ProgramConfig> programs;  ///< in the order they start
    std::vector<Notice> notices;
};

/// What reading needs from outside; tests hand in their own.
struct Surroundings {
    std::map<std::string, std::string> environment;
    std::string host_name;
    /// The text of a file; nothing when there is none.
    std::function<std::optional<std::string>(const std::string& path)> read;
    /// The files that match a pattern, sorted.
    std::function<std::vector<std::string>(const std::string& pattern)> glob;
};

/// Reads `file` and what it includes.
///
/// Errors: config, naming file, line, key and what was expected; not_found when there is no `file`.
[[nodiscard]] Config read_config(const std::string& file, const Surroundings& surroundings);

}  // namespace poststack::supervise
