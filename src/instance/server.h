// One native PostgreSQL server of a project: its data directory, state, start and stop.
//
// docs/native.md tells the life of a data directory; the short form:
//   nothing -> clone of a template beside the final name -> renamed -> started and synced -> ready
// A marker file says "renamed but not synced yet", with the kernel's boot id: after a power failure
// in that window the directory (which nobody was ever told is ready) is set aside and made again.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "instance/binaries.h"
#include "instance/launcher.h"
#include "instance/place.h"
#include "pg/conninfo.h"
#include "pgfiles/data_identity.h"
#include "pgfiles/postmaster_pid.h"

namespace poststack::instance {

/// Everything that decides a native server; made from Project and Settings by workflow.
struct ServerSpec {
    std::filesystem::path project;  ///< absolute directory
    std::string project_id;         ///< UUID
    BinariesQuery binaries;
    Place place;
    std::map<std::string, std::string> environment;
    std::string listen_addresses = "127.0.0.1";
    std::uint16_t port = 0;  ///< to use at the next start
    int max_connections = 100;
    std::optional<std::uint64_t> memory_limit;  ///< bytes; else the machine's or cgroup's
    std::vector<std::pair<std::string, std::string>> extra_settings;  ///< for postgresql.conf
    std::chrono::milliseconds start_limit{60'000};
    std::chrono::milliseconds stop_limit{60'000};
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

/// Told of each finished step: "copy the template", its time.
using StepReport = std::function<void(std::string_view step, std::chrono::nanoseconds took)>;

/// What start() did.
struct StartResult {
    bool created = false;  ///< a new data directory was made
    bool started = false;  ///< false: it was running already
    ServerView view;
};

/// One native server. Not thread safe; two processes are kept apart by locks.
class NativeServer {
  public:
    NativeServer(ServerSpec spec, Launcher& launcher);
    ~NativeServer();

    [[nodiscard]] const ServerSpec& spec() const noexcept { return spec_; }

    /// Looks at files and processes only; cheap.
    [[nodiscard]] ServerView look() const;

    /// Brings the server past its gate, making the data directory when there is none.
    ///
    /// `choose_port` is called once, before a start, to pick or confirm the port.
    /// When a new data directory was cloned its sync still runs afterwards: call finish_sync()
    /// before anything is called ready.
    /// Errors: conflict (port taken, data directory held by another, copy of a running server),
    /// not_found (no PostgreSQL), timeout, tool (the server died: its last lines), io, denied.
    StartResult start(const std::function<std::uint16_t()>& choose_port, const StepReport& report);

    /// Waits until the data directory is durable. Errors: io.
    void finish_sync();

    /// Stops: SIGINT (fast), after half the limit SIGQUIT (immediate; recovery at the next start).
    /// Returns how: "fast", "immediate", or "" when it was not running.
    /// Errors: timeout when it is still there at the end.
    std::string_view stop();

    /// How to log in as the superuser: through the socket directory, by peer.
    [[nodiscard]] pg::ConnInfo superuser_login(const ServerView& view) const;

    /// The last `lines` lines of the server's log.
    [[nodiscard]] std::string log_tail(std::size_t lines) const;

  private:
    struct Work;
    ServerSpec spec_;
    Launcher& launcher_;
    std::unique_ptr<Work> work_;
};

}  // namespace poststack::instance
