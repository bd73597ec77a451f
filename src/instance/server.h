// One native PostgreSQL server of a project: its data directory, state, start and stop.
//
// instance/data_directory.h tells how a data directory comes to be; docs/native.md the whole.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "instance/binaries.h"
#include "instance/data_directory.h"
#include "instance/launcher.h"
#include "instance/place.h"
#include "pg/conninfo.h"
#include "pgfiles/data_identity.h"
#include "pgfiles/postmaster_pid.h"

namespace poststack::instance {

/// Everything that decides a native server; made from Project and Settings by workflow.
struct ServerSpec {
    Owner owner;
    BinariesQuery binaries;
    InitdbChoice initdb;
    Place place;
    std::string listen_addresses = "127.0.0.1";
    int max_connections = 100;
    std::optional<std::uint64_t> memory_limit;  ///< bytes; else the machine's or cgroup's
    std::optional<double> cpu_limit;
    std::vector<std::pair<std::string, std::string>> extra_settings;  ///< for postgresql.conf
    std::chrono::milliseconds start_limit{60'000};
    std::chrono::milliseconds stop_limit{60'000};
    /// For the volume lock: what the last processes of a killed server need to notice and end.
    std::chrono::milliseconds lock_limit{10'000};
};

enum class ServerState { absent, stopped, starting, running, stopping };

[[nodiscard]] std::string_view name(ServerState state) noexcept;

/// What is there right now, found without libpq.
struct ServerView {
    ServerState state = ServerState::absent;
    std::optional<pgfiles::PostmasterPid> pid_file;  ///< of the running server
    std::optional<pgfiles::DataIdentity> identity;
    std::optional<int> data_major;
};

/// What start() asks and tells.
struct StartHooks {
    /// Picks the port, called once before a launch. `is_copy`: the project is a copy of another, so
    /// a port it remembers is probably the other's.
    std::function<std::uint16_t(bool is_copy)> choose_port;
    std::function<void()> on_template;  ///< the slow first time on a machine begins
    /// A database that was never ready when the machine went down now lies there.
    std::function<void(const std::filesystem::path&)> on_set_aside = {};
};

/// What start() did.
struct StartResult {
    bool created = false;  ///< a new data directory was made
    bool started = false;  ///< false: it was running already
    Adoption adoption = Adoption::own;
    ServerView view;
};

/// One native server. Not thread safe; two processes are kept apart by locks.
class NativeServer {
  public:
    NativeServer(ServerSpec spec, Launcher& launcher);
    NativeServer(const NativeServer&) = delete;
    NativeServer& operator=(const NativeServer&) = delete;
    ~NativeServer();

    [[nodiscard]] const ServerSpec& spec() const noexcept { return spec_; }

    /// Looks at files and processes only; cheap.
    [[nodiscard]] ServerView look() const;

    /// Brings the server past its gate, making the data directory when there is none.
    ///
    /// When a new data directory was cloned its sync still runs afterwards: call finish_sync()
    /// before anything is called ready.
    /// Errors: conflict (port taken, data directory held by another, copy of a running server),
    /// not_found (no PostgreSQL), timeout, tool (the server died: its last lines), io, denied.
    StartResult start(const StartHooks& hooks);

    /// Waits until the data directory is durable. Errors: io.
    void finish_sync();

    /// Makes durable what an `up` that was killed left unsynced; nothing to do else. Errors: io.
    void settle_sync() const;

    /// Waits until the template that start() made on the way is complete. A failure takes nothing
    /// from this server: the next new one takes as long. Errors: io, tool, interrupted.
    void finish_template();

    /// Stops: SIGINT (fast), after half the limit SIGQUIT (immediate; recovery at the next start).
    /// Returns how: "fast", "immediate", or "" when it was not running. The socket directory goes
    /// with the server.
    /// Errors: timeout when it is still there at the end.
    std::string_view stop();

    /// How to log in as the superuser: through the socket directory, by peer.
    [[nodiscard]] pg::ConnInfo superuser_login(const ServerView& view) const;

    /// The last `lines` lines of the server's log.
    [[nodiscard]] std::string log_tail(std::size_t lines) const;

  private:
    [[nodiscard]] ServerView wait_for_gate(pid_t pid) const;
    void launch(const Binaries& binaries, std::uint16_t port, int lock_fd);
    void write_conf() const;
    void await_gate(LaunchedServer& server, std::uint64_t log_start, std::uint16_t port) const;
    [[nodiscard]] Error death(LaunchedServer& server,
                              std::uint64_t log_start,
                              std::uint16_t port) const;

    ServerSpec spec_;
    Launcher& launcher_;
    std::unique_ptr<NewTemplate> template_;
    std::unique_ptr<BackgroundSync> sync_;
};

}  // namespace poststack::instance
