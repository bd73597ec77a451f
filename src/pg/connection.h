// One session with a server, over libpq.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "pg/conninfo.h"
#include "pg/result.h"

struct pg_conn;  // libpq's, so that its header stays inside src/pg

namespace poststack::pg {

/// Text parameters of $1, $2, ...; nullopt is null.
using Params = std::vector<std::optional<std::string>>;

/// A notice or warning of the server.
struct Notice {
    std::string severity;  ///< not translated: "NOTICE", "WARNING", ...
    std::string sqlstate;
    std::string message;
    std::string detail;
    std::string hint;
    /// Statements of script_each()'s text that were over when it was sent.
    std::size_t statements_before = 0;
};

enum class LoginFailure;  // pg/login_failure.h

enum class TransactionStatus { idle, active, in_transaction, failed, unknown };

/// The steps of a login, in order. tls is left out on sockets and when the server offers none.
enum class ConnectStage { resolve, connect, tls, login };

struct ConnectOptions {
    std::chrono::milliseconds limit{10'000};       ///< for all of it, name resolution included
    std::function<void(ConnectStage)> on_stage;    ///< told as each stage begins
    std::function<void(LoginFailure)> on_failure;  ///< told before a failed login throws
};

/// One session with a server. Not thread safe: one thread at a time.
///
/// Every wait ends with Error(interrupted) when the program is asked to stop (sys/signal.h): the
/// running statement is cancelled on the server first and its answer drained, so that the session
/// stays usable. Text goes out and comes in as UTF-8.
///
/// Errors of statements: ErrorKind::database with the server's message, SQLSTATE, detail, hint and
/// position; retryable for serialization failures, deadlocks and lost sessions. A session that is
/// lost gives ErrorKind::timeout with SQLSTATE 08006 and is_broken() afterwards.
class Connection {
  public:
    /// Connects and logs in.
    ///
    /// Errors: see docs/errors.md, "Login failures" (pg/login_failure.h); the password is never
    /// part of a message.
    explicit Connection(const ConnInfo& info, const ConnectOptions& options = {});
    Connection(const ConnInfo& info, std::chrono::milliseconds limit);

    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&& other) noexcept;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection();

    /// Runs one statement (extended protocol) with text parameters and returns its result.
    Result query(const std::string& sql, const Params& params = {});

    /// Runs any number of statements (simple protocol) and returns the last one's result.
    ///
    /// Outside BEGIN the server runs them in one implicit transaction. COPY FROM STDIN is refused
    /// (use copy_in); rows of COPY TO STDOUT are dropped.
    Result script(const std::string& sql);

    /// As script(), but every statement's result in order.
    std::vector<Result> script_all(const std::string& sql);

    /// As script(), handing each completed statement's result to `each` in order before the Error
    /// of a failing one is thrown: its calls count what succeeded.
    void script_each(const std::string& sql, const std::function<void(const Result&)>& each);

    /// Bounds each later statement on the client's side: after `limit` it is cancelled and
    /// Error(timeout) thrown. Zero: no bound (the default). Use statement_timeout as well: it needs
    /// no second connection.
    void set_statement_limit(std::chrono::milliseconds limit);

    /// Asks the server to cancel what runs. Safe to call from another thread; false when the
    /// request could not be delivered. Opens a connection of its own.
    bool cancel() noexcept;

    /// Told of each notice as it arrives, instead of keeping it for take_notices(). Must not throw.
    void on_notice(std::function<void(const Notice&)> handler);

    /// Calls `tick` about every `every` while an answer is waited for, with the time since the
    /// statement was sent. It must not throw and must not use this connection. Null: no calls.
    void on_wait(std::chrono::milliseconds every,
                 std::function<void(std::chrono::milliseconds waited)> tick);

    /// The notices since the last call; the newest 1000 are kept.
    [[nodiscard]] std::vector<Notice> take_notices();

    [[nodiscard]] bool is_broken() const noexcept;
    [[nodiscard]] int backend_pid() const noexcept;

    /// E.g. 150020 for 15.20.
    [[nodiscard]] int server_version() const noexcept;

    /// E.g. "server_version", "TimeZone", "in_hot_standby"; empty when the server did not say.
    [[nodiscard]] std::string parameter_status(const std::string& name) const;
    [[nodiscard]] TransactionStatus transaction_status() const noexcept;

    /// "TLSv1.3" while the session is encrypted, else empty.
    [[nodiscard]] std::string tls_version() const;

    /// `name` as an SQL identifier, always quoted. Errors: bug for invalid UTF-8 or NUL.
    [[nodiscard]] std::string quote_identifier(std::string_view name) const;

    /// `text` as an SQL literal.
    [[nodiscard]] std::string quote_literal(std::string_view text) const;

    struct State;

    /// For the other files of this module (pg/connection_state.h).
    [[nodiscard]] State& state() const noexcept { return *state_; }

  private:
    [[nodiscard]] pg_conn* get() const noexcept;

    std::unique_ptr<State> state_;
};

/// `name` as an SQL identifier without a session (UTF-8): "a""b".
[[nodiscard]] std::string quote_identifier(std::string_view name);

/// `text` as an SQL literal without a session: 'it''s', E'..' when there is a backslash.
[[nodiscard]] std::string quote_literal(std::string_view text);

/// What ALTER ROLE ... PASSWORD should get, so that the plain password never reaches the server or
/// its log (PQencryptPasswordConn; the server's password_encryption decides the form).
[[nodiscard]] Secret scram_verifier(Connection& connection,
                                    const std::string& user,
                                    const Secret& password);

}  // namespace poststack::pg
