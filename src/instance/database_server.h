// A stack's one PostgreSQL server, whatever runs it: plain processes or a container.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "instance/data_directory.h"
#include "pg/conninfo.h"
#include "pgfiles/data_identity.h"
#include "pgfiles/postmaster_pid.h"

namespace poststack::instance {

enum class ServerState { absent, stopped, starting, running, stopping };

[[nodiscard]] std::string_view name(ServerState state) noexcept;

/// What is there right now, found without libpq.
struct ServerView {
    ServerState state = ServerState::absent;
    /// Of the running server. What a server in a container says of itself here: its main process,
    /// the published port, and no socket directory.
    std::optional<pgfiles::PostmasterPid> pid_file;
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
    std::function<void(std::string_view)> on_notice = {};  ///< full sentences for the user
    bool recreate = false;  ///< a new container on the same data, whatever is there
};

/// What start() did.
struct StartResult {
    bool created = false;  ///< a new data directory was made
    bool started = false;  ///< false: it was running already
    Adoption adoption = Adoption::own;
    ServerView view;
};

/// What `up`, `down`, `status` and `health` need of a server. Not thread safe; two processes are
/// kept apart by locks.
class DatabaseServer {
  public:
    DatabaseServer() = default;
    DatabaseServer(const DatabaseServer&) = delete;
    DatabaseServer& operator=(const DatabaseServer&) = delete;
    virtual ~DatabaseServer() = default;

    /// "native", "podman", "docker".
    [[nodiscard]] virtual std::string runtime() const = 0;

    /// What is there right now; cheap, changes nothing.
    [[nodiscard]] virtual ServerView look() const = 0;

    /// Brings the server past its gate, making the data directory when there is none.
    virtual StartResult start(const StartHooks& hooks) = 0;

    /// Waits until what start() made is durable.
    virtual void finish_sync() {}

    /// Makes durable what an `up` that was killed left behind; nothing to do else.
    virtual void settle_sync() const {}

    /// Waits for what start() makes for the next server.
    virtual void finish_template() {}

    /// Stops in order, after the limit by force. Returns how: "fast", "immediate", or "" when it
    /// was not running.
    virtual std::string_view stop() = 0;

    /// Takes away what is left of a stopped server but its data: the container, the network.
    virtual void discard() {}

    /// How to log in as the superuser.
    [[nodiscard]] virtual pg::ConnInfo superuser_login(const ServerView& view) const = 0;

    /// The last `lines` lines of what the server wrote.
    [[nodiscard]] virtual std::string log_tail(std::size_t lines) const = 0;

    /// Where its data is, for people: a directory, or a volume.
    [[nodiscard]] virtual std::string data_place() const = 0;
};

}  // namespace poststack::instance
