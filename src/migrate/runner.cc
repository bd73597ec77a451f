#include "migrate/runner.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "migrate/batch.h"
#include "sys/signal.h"

namespace poststack::migrate {
namespace {

using Clock = std::chrono::steady_clock;

/// The server ends a statement whose client is gone when it looks after it (since 14, on Linux).
constexpr int first_with_client_check = 140000;
const std::string watch_client = "SET client_connection_check_interval = 500;";

}  // namespace

std::string session_settings(const Workplace& place) {
    return place.watches_client ? watch_client : std::string{};
}

bool can_watch_client(pg::Connection& connection) {
    if (connection.server_version() < first_with_client_check) return false;
    try {
        connection.script(watch_client);
        return true;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::database) throw;
        return false;  // a platform whose kernel cannot tell
    }
}

bool roll_back(pg::Connection& connection) noexcept {
    const sys::DeferStop defer;
    try {
        if (connection.is_broken()) return false;
        if (connection.transaction_status() == pg::TransactionStatus::idle) return true;
        connection.script("ROLLBACK");
        return true;
    } catch (...) {
        return false;  // the server does it when the session ends, which is what happens next
    }
}

std::string describe_statement(const TextPosition& at, std::string_view text) {
    constexpr std::size_t longest = 60;
    std::string line;
    for (const char c : text.substr(0, longest))
        line += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    return fmt::format("line {}: {}{}", at.line, line, text.size() > longest ? "..." : "");
}

Outcome TransactionRunner::run(const RunRequest& request, std::chrono::nanoseconds& duration) {
    const auto start = Clock::now();
    pg::Connection& connection = place_.connection;
    try {
        run_text(request);
        if (request.hooks != nullptr && request.hooks->after_each)
            run_hook(connection, *request.hooks->after_each, request.file_name);
        if (connection.transaction_status() != pg::TransactionStatus::in_transaction) {
            throw Error(ErrorKind::config,
                        fmt::format("\"{}\" ended the transaction it runs in", request.name));
        }
        duration = Clock::now() - start;
        const Closing closing{request.ledger_sql(duration) + ";", 1, place_.lock.check_sql()};
        const Closed closed = close_transaction(connection, closing, request.name);
        duration = Clock::now() - start;
        left_clean_ = closed.is_clean;
        return closed.outcome;
    } catch (const Error&) {
        roll_back(connection);
        throw;
    }
}

/// Reads the text of one request and feeds it to the server.
void TransactionRunner::run_text(const RunRequest& request) {
    pg::Connection& connection = place_.connection;
    Scanner scanner(request.open(), request.name);
    scanner.set_standard_strings(connection.parameter_status("standard_conforming_strings") !=
                                 "off");
    std::string opening = "BEGIN;";
    std::optional<Statement> statement = scanner.next();
    std::size_t left = request.plan.statements;
    if (request.plan.wrapped && statement) {
        // The file's own BEGIN may ask for an isolation level.
        opening = sql_text(scanner, *statement, request.plan) + ";";
        statement = scanner.next();
        left -= 2;
    }
    std::string settings = session_settings(place_);
    if (request.lock_timeout.count() > 0)
        settings += fmt::format("SET LOCAL lock_timeout = {};", request.lock_timeout.count());
    opening += settings + place_.lock.work_lock_sql() + request.setting_sql;
    if (request.hooks != nullptr && request.hooks->before_each) {
        connection.script(std::exchange(opening, {}));
        run_hook(connection, *request.hooks->before_each, request.file_name);
    }
    Batch batch(connection, scanner, request.plan.expansion.get(), opening);
    batch.report_to(place_.notices);
    const bool single = place_.single_statements || request.max_lock;
    place_.watch.begin(request.file_name, {});
    for (; statement && left > 0; --left) {
        if (single) {
            place_.watch.begin(
                request.file_name,
                describe_statement(statement->start,
                                   scanner.text(statement->start.offset, statement->body_end)));
        }
        const TextPosition start = statement->start;
        batch.add(*statement);
        if (single) batch.flush();
        if (request.max_lock)
            check_locks(
                connection, place_.lock.connection(), *request.max_lock, request.name, start);
        statement = scanner.next();
    }
    batch.flush();
    const bool complete = left == 0 && statement.has_value() == request.plan.wrapped;
    if (complete && !(request.plan.wrapped && scanner.next())) return;
    throw Error(ErrorKind::conflict,
                fmt::format("\"{}\" was changed while it was being applied", request.name));
}

}  // namespace poststack::migrate
