#include "migrate/runner.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "migrate/batch.h"
#include "migrate/lock.h"
#include "sys/clock.h"
#include "sys/signal.h"

namespace poststack::migrate {
namespace {

using Clock = std::chrono::steady_clock;

/// The server ends a statement whose client is gone when it looks after it (since 14, on Linux).
constexpr int first_with_client_check = 140000;
const std::string watch_client = "SET client_connection_check_interval = 500;";

/// The statements of the last message, in order; the tail of it is the same for every text.
const std::string reset_statements =
    "RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;SET LOCAL search_path = pg_catalog;";
constexpr std::size_t reset_count = 4;

/// Reads the text of one request and feeds it to the server.
void run_text(pg::Connection& connection, const RunRequest& request, const std::string& settings) {
    Scanner scanner(*request.source, request.name);
    scanner.set_standard_strings(connection.parameter_status("standard_conforming_strings") !=
                                 "off");
    std::string opening = "BEGIN;";
    std::optional<Statement> statement = scanner.next();
    std::size_t left = request.plan.statements;
    if (request.plan.wrapped && statement) {
        // The file's own BEGIN may ask for an isolation level.
        opening = fmt::format("{};", scanner.text(statement->start.offset, statement->body_end));
        statement = scanner.next();
        left -= 2;
    }
    opening += settings + work_lock_sql();
    Batch batch(connection, scanner, opening, settings.empty() ? 2 : 3);
    for (; statement && left > 0; --left) {
        batch.add(*statement);
        statement = scanner.next();
    }
    batch.flush();
    const bool complete = left == 0 && statement.has_value() == request.plan.wrapped;
    if (complete && !(request.plan.wrapped && scanner.next())) return;
    throw Error(ErrorKind::conflict,
                fmt::format("\"{}\" was changed while it was being applied", request.name));
}

/// Says which of the last message's statements failed; `done` of them had not.
void explain_commit_failure(Error& error, std::size_t done, const std::string& name) {
    if (done == reset_count + 1) {  // the check divided by zero
        throw Error(ErrorKind::conflict,
                    fmt::format("\"{}\" was rolled back: the session that holds the migration "
                                "lock has ended, or the file ended its own transaction",
                                name))
            .hint("Run the command again; it goes on where this run stopped.");
    }
    if (done == reset_count) {
        throw Error(ErrorKind::conflict,
                    fmt::format("\"{}\" was rolled back: the ledger does not take its row: {}",
                                name,
                                error.message()))
            .sqlstate(error.sqlstate())
            .detail(error.detail())
            .hint("Run the command again; another run may have changed the ledger meanwhile.");
    }
    error.add_context(fmt::format("running the COMMIT of \"{}\"", name));
}

}  // namespace

Runner::Runner(pg::Connection& connection, int lock_pid)
    : connection_(connection),
      lock_pid_(lock_pid),
      watches_client_(connection.server_version() >= first_with_client_check) {
    if (!watches_client_) return;
    try {
        connection_.script(watch_client);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::database) throw;
        watches_client_ = false;  // a platform whose kernel cannot tell
    }
}

Outcome Runner::run(const RunRequest& request, std::chrono::nanoseconds& duration) {
    const auto start = Clock::now();
    try {
        if (std::exchange(used_, true)) connection_.script("DISCARD ALL");
        run_text(connection_, request, watches_client_ ? watch_client : std::string{});
        if (connection_.transaction_status() != pg::TransactionStatus::in_transaction) {
            throw Error(ErrorKind::config,
                        fmt::format("\"{}\" ended the transaction it runs in", request.name));
        }
        duration = Clock::now() - start;
        const std::string ledger_sql = request.ledger_sql(duration);
        const Outcome outcome = commit(ledger_sql, request.name);
        duration = Clock::now() - start;
        return outcome;
    } catch (const Error&) {
        roll_back();
        throw;
    }
}

void Runner::roll_back() noexcept {
    const sys::DeferStop defer;
    try {
        if (connection_.is_broken()) return;
        if (connection_.transaction_status() == pg::TransactionStatus::idle) return;
        connection_.script("ROLLBACK");
    } catch (...) {
        // Deliberately quiet: the server rolls back by itself when the session ends, which is what
        // happens next.
    }
}

Outcome Runner::commit(const std::string& ledger_sql, const std::string& name) {
    // From here on the answer must be known, so a stop is taken only afterwards.
    const sys::DeferStop defer;
    if (connection_.parameter_status("client_encoding") != "UTF8") {
        connection_.script("RESET client_encoding");
    }
    std::size_t done = 0;
    std::string last_tag;
    try {
        connection_.script_each(
            reset_statements + ledger_sql + ";" + check_lock_sql(lock_pid_) + "COMMIT",
            [&](const pg::Result& result) {
                ++done;
                last_tag = result.tag();
            });
    } catch (Error& error) {
        if (connection_.is_broken()) return Outcome::unknown;
        if (error.kind() == ErrorKind::database) explain_commit_failure(error, done, name);
        throw;
    }
    if (last_tag == "COMMIT") return Outcome::committed;
    throw Error(ErrorKind::bug, fmt::format("COMMIT of \"{}\" answered \"{}\"", name, last_tag));
}

}  // namespace poststack::migrate
