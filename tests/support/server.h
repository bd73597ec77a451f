// A private PostgreSQL server for tests: real, empty, and gone when the test program is.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "pg/conninfo.h"

namespace poststack::test {

/// Directory of the server programs: $POSTSTACK_TEST_PG_BIN, else the newest
/// /usr/lib/postgresql/*/bin; nothing when there is none.
[[nodiscard]] std::optional<std::filesystem::path> find_server_bin();

struct ServerOptions {
    std::vector<std::string> settings;  ///< postgresql.conf lines, e.g. "max_connections = 5"
    std::vector<std::string> hba;       ///< pg_hba.conf lines put before the default ones
    bool tls = false;                   ///< self-signed certificate, ssl = on (needs openssl)
};

/// How a server is stopped: SIGTERM, SIGINT, SIGQUIT of the postmaster.
enum class StopMode { smart, fast, immediate };

/// One server: own data directory, own socket directory, a free TCP port on 127.0.0.1. The
/// superuser "postgres" and every role come in through the socket without password (trust); TCP
/// needs scram-sha-256. It runs as "postgres" (or "nobody") when we are root. It dies with this
/// process, however that ends; durability is off.
class Server {
  public:
    explicit Server(const ServerOptions& options = {});
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    ~Server();

    /// Starts it again after stop(); returns once it accepts sessions.
    void start();

    /// Stops it and waits for its end.
    void stop(StopMode mode = StopMode::fast);
    void restart(StopMode mode = StopMode::fast);

    /// Appends lines to postgresql.conf; take effect at restart().
    void configure(const std::vector<std::string>& settings);

    [[nodiscard]] pid_t pid() const noexcept;
    [[nodiscard]] int port() const noexcept;
    [[nodiscard]] std::filesystem::path bin() const;
    [[nodiscard]] std::filesystem::path data() const;
    [[nodiscard]] std::filesystem::path sockets() const;

    /// What the server logged so far: for failing tests.
    [[nodiscard]] std::string log() const;

    /// The superuser through the socket.
    [[nodiscard]] pg::ConnInfo superuser(std::string database = "postgres") const;

    /// A role over TCP with its password.
    [[nodiscard]] pg::ConnInfo tcp(std::string user, Secret password, std::string database) const;

    /// Creates an empty database (owner: the superuser) and returns its login through the socket.
    [[nodiscard]] pg::ConnInfo fresh_database();

    /// Creates a role with a password and a database it owns; the login is over TCP.
    [[nodiscard]] pg::ConnInfo fresh_role();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The one server of this test program, started at first use with default options and stopped when
/// the program ends.
[[nodiscard]] Server& shared_server();

/// "postgresql://..." of `info`, for POSTSTACK_DATABASE_URL and --url.
[[nodiscard]] std::string url_of(const pg::ConnInfo& info);

}  // namespace poststack::test
