// What a Connection holds; for the files of this module alone.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include <libpq-fe.h>

#include "base/error.h"
#include "pg/connection.h"
#include "pg/statement_count.h"

namespace poststack::pg {

struct ConnFree {
    void operator()(PGconn* conn) const noexcept { PQfinish(conn); }
};

/// How long an interrupted or late statement's answer is waited for before the session is given up.
inline constexpr std::chrono::milliseconds drain_limit{5'000};

struct Connection::State {
    using Time = std::chrono::steady_clock::time_point;

    std::unique_ptr<PGconn, ConnFree> conn;
    std::deque<Notice> notices;
    std::function<void(const Notice&)> handler;
    const StatementCount* count = nullptr;  ///< of the running text, while there is a handler
    std::chrono::milliseconds statement_limit{0};
    std::optional<Time> deadline;  ///< of the running statement; nothing: no bound
    std::function<void(std::chrono::milliseconds)> tick;  ///< Connection::on_wait()
    std::chrono::milliseconds tick_every{0};
    Time sent_at;  ///< when the running statement began; only kept while there is a tick
    Time next_tick;
    bool lost = false;  ///< given up, whatever libpq thinks of it

    /// Starts the clock of a statement. Errors: timeout 08006 when the session is gone.
    void begin_statement();

    /// Throws the error libpq noted when `sent` is 0.
    void require_sent(int sent);

    /// Sends what libpq has buffered, reading meanwhile so that a full pipe in both directions
    /// cannot lock up.
    void flush();

    /// Waits for the next result of the running statement; null after the last.
    PGresult* next_result();

    /// Reads results to the end, handing each success to `each`; throws the first error of them, or
    /// of `each`, once all are read.
    void finish_each(const std::function<void(Result)>& each);
    std::vector<Result> finish_all();

    /// Runs `body`, which sends and reads one statement. When it is interrupted or late, the
    /// statement is cancelled and its answer drained before the error goes on.
    template <class Body>
    auto guarded(Body&& body) {
        begin_statement();
        try {
            return body();
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::interrupted || deadline_passed()) abandon();
            throw;
        }
    }

    /// Cancels what runs and reads what is left; gives the session up when that fails.
    void abandon() noexcept;

    /// Asks the server to cancel, over a connection of its own.
    bool cancel() noexcept;

    [[nodiscard]] bool deadline_passed() const noexcept;

    /// Ends a COPY that the running statement began, so that its results can be read.
    void end_copy(ExecStatusType status, const char* reason);

    /// Calls tick when it is due.
    void tick_if_due();

    enum class Want { read, read_or_write };
    void wait(Want want);
};

/// The Error of a failed `result`.
[[nodiscard]] Error server_error(const PGresult* result, const PGconn* conn);

/// The Error of a session that is gone.
[[nodiscard]] Error lost_error(std::string_view reason);

/// libpq's notice receiver; `state` is a Connection::State.
void receive_notice(void* state, const PGresult* result);

/// The first line of libpq's message for `conn`.
[[nodiscard]] std::string first_line(const PGconn* conn);

}  // namespace poststack::pg
