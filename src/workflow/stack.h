// The commands of a stack, as calls: up, down, restart, status, health, logs.
//
// They take the project, its settings and a few functions that the command line hands in, and
// return structs; nothing here prints.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/project.h"
#include "config/settings.h"

namespace poststack::workflow {

/// One step of a command, told as it ends.
struct Step {
    std::string name;    ///< "server", "role and database", "migrations"
    std::string detail;  ///< "started on port 5432 (pid 4312)"
    std::chrono::nanoseconds took{0};
    bool changed = false;
};

using OnStep = std::function<void(const Step&)>;

/// What every call needs. The referred-to objects outlive the call.
struct StackRequest {
    const config::Project& project;
    const config::EnvFile& env;
    const config::Settings& settings;
    const config::Environment& environment;    ///< of the process
    std::vector<std::string> log_writer = {};  ///< argv of the log writer (instance/launcher.h)
    OnStep on_step = {};
    std::function<void(std::string_view)> on_notice = {};  ///< full sentences for the user
    bool recreate = false;  ///< up: a new container on the same data, whatever is there
};

/// Where the stack's database is, after up.
struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    std::string database;
    std::string user;
    std::filesystem::path socket_directory;
};

struct UpResult {
    Endpoint endpoint;
    bool changed = false;
    std::size_t migrations_applied = 0;
    std::chrono::nanoseconds took{0};
};

/// Brings the project to a ready database; repeating it changes nothing.
UpResult up(const StackRequest& request);

struct DownResult {
    bool was_running = false;
    std::string how;  ///< "fast" or "immediate"
    std::chrono::nanoseconds took{0};
};

/// Stops the server; data stays. A container is removed then unless it is to be kept.
DownResult down(const StackRequest& request, bool keep_container = false);

struct MigrationCounts {
    std::size_t applied = 0;
    std::size_t pending = 0;
    std::size_t changed = 0;  ///< changed, missing, out of order or unfinished
};

/// What an engine says of the server's container.
struct ContainerStatus {
    std::string name;
    std::string image;
    std::string volume;
    /// "missing", or the engine's own word: "created", "running", "paused", "restarting", "exited",
    /// "removing", "dead".
    std::string state = "missing";
    std::string since;             ///< when that began, as the engine says: UTC
    std::optional<int> exit_code;  ///< of one that ended
    bool oom_killed = false;
    int restarts = 0;
    std::vector<std::string> ports;  ///< "127.0.0.1:5432->5432/tcp"
    std::optional<std::uint64_t> memory;
    std::optional<std::uint64_t> memory_limit;
    std::optional<double> cpu_seconds;
    std::string last_lines;  ///< what it wrote before it failed
};

/// A stack as `status` shows it; what a stopped or unreachable server cannot tell is empty.
struct Status {
    std::string state;    ///< "running", "stopped", "starting", "stopping", "not created"
    std::string runtime;  ///< "native", "podman", "docker"
    Endpoint endpoint;
    pid_t pid = 0;
    std::string version;
    std::optional<std::uint64_t> size;  ///< bytes of the database
    std::optional<std::chrono::seconds> uptime;
    std::optional<int> connections;
    std::optional<int> max_connections;
    std::optional<MigrationCounts> migrations;
    std::filesystem::path data_directory;      ///< of a native server
    std::optional<ContainerStatus> container;  ///< of a server that an engine runs
    std::string problem;                       ///< why a running server did not let us in
    std::string hint;
};

Status status(const StackRequest& request);

struct Health {
    bool ready = false;
    std::string state;   ///< as Status::state
    std::string reason;  ///< why not
    std::string hint;
    std::chrono::nanoseconds took{0};
};

/// down, then up.
struct RestartResult {
    DownResult down;
    UpResult up;
};

RestartResult restart(const StackRequest& request);

/// The server alone, for `container start`: credentials, server, role and database, no migrations.
UpResult start_server(const StackRequest& request);

/// The gate, then an authenticated SELECT 1 as the project's role on its database.
Health health(const StackRequest& request);

}  // namespace poststack::workflow
