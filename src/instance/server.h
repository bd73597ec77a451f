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
#include "instance/database_server.h"
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

/// One native server. Not thread safe; two processes are kept apart by locks.
class NativeServer final : public DatabaseServer {
  public:
    NativeServer(ServerSpec spec, Launcher& launcher);
    NativeServer(const NativeServer&) = delete;
    NativeServer& operator=(const NativeServer&) = delete;
    ~NativeServer() override;

    [[nodiscard]] const ServerSpec& spec() const noexcept { return spec_; }

    /// Looks at files and processes only; cheap.
    [[nodiscard]] std::string runtime() const override { return "native"; }

    [[nodiscard]] ServerView look() const override;

    /// Brings the server past its gate, making the data directory when there is none.
    ///
    /// When a new data directory was cloned its sync still runs afterwards: call finish_sync()
    /// before anything is called ready.
    /// Errors: conflict (port taken, data directory held by another, copy of a running server),
    /// not_found (no PostgreSQL), timeout, tool (the server died: its last lines), io, denied.
    StartResult start(const StartHooks& hooks) override;

    /// Waits until the data directory is durable. Errors: io.
    void finish_sync() override;

    /// Makes durable what an `up` that was killed left unsynced; nothing to do else. Errors: io.
    void settle_sync() const override;

    /// Waits until the template that start() made on the way is complete. A failure takes nothing
    /// from this server: the next new one takes as long. Errors: io, tool, interrupted.
    void finish_template() override;

    /// Stops: SIGINT (fast), after half the limit SIGQUIT (immediate; recovery at the next start).
    /// Returns how: "fast", "immediate", or "" when it was not running. The socket directory goes
    /// with the server.
    /// Errors: timeout when it is still there at the end.
    std::string_view stop() override;

    /// How to log in as the superuser: through the socket directory, by peer.
    [[nodiscard]] pg::ConnInfo superuser_login(const ServerView& view) const override;

    /// The last `lines` lines of the server's log.
    [[nodiscard]] std::string log_tail(std::size_t lines) const override;

    [[nodiscard]] std::string data_place() const override { return spec_.place.data.string(); }

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
