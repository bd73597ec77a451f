#include "migrate/progress.h"

#include <fmt/format.h>

#include "migrate/ledger.h"

namespace poststack::migrate {
namespace {

std::string_view name(Direction direction) noexcept {
    return direction == Direction::up ? "up" : "down";
}

}  // namespace

std::vector<Progress> read_progress(pg::Connection& connection, const LedgerPlace& place) {
    const pg::Result rows = connection.script(place.localise(
        "SELECT version, direction, file_name, statements_done, done_checksum, statement_running, "
        "coalesce(running_checksum, ''), coalesce(running_text, ''), coalesce(seen_before, ''), "
        "pg_catalog.format('role \"%s\" on %s at %s', applied_by, client_host, "
        "pg_catalog.to_char(updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')) "
        "FROM poststack.migration_progress ORDER BY version"));
    std::vector<Progress> found;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        Progress progress;
        progress.version = Version{rows.number(row, 0)};
        progress.direction = rows.value(row, 1) == "up" ? Direction::up : Direction::down;
        progress.file_name = rows.value(row, 2);
        progress.done = static_cast<std::size_t>(rows.number(row, 3));
        progress.done_checksum = rows.value(row, 4);
        if (!rows.is_null(row, 5)) progress.running = static_cast<std::size_t>(rows.number(row, 5));
        progress.running_checksum = rows.value(row, 6);
        progress.running_text = rows.value(row, 7);
        progress.seen_before = rows.value(row, 8);
        progress.who = rows.value(row, 9);
        found.push_back(std::move(progress));
    }
    return found;
}

std::string record_progress_sql(const Progress& progress,
                                const Client& client,
                                const LedgerPlace& place) {
    const bool running = progress.running.has_value();
    const auto or_null = [&](const std::string& text) {
        return running ? escape_literal(text) : std::string("NULL");
    };
    return fmt::format(
        "INSERT INTO {} AS p (version, direction, file_name, "
        "statements_done, done_checksum, statement_running, running_checksum, running_text, "
        "seen_before, started_at, updated_at, applied_by, client_user, client_host, backend_pid, "
        "application_name) VALUES ({}, '{}', {}, {}, '{}', {}, {}, {}, {}, "
        "pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp(), session_user, {}, {}, "
        "pg_catalog.pg_backend_pid(), pg_catalog.current_setting('application_name')) "
        "ON CONFLICT (version) DO UPDATE SET direction = excluded.direction, "
        "file_name = excluded.file_name, statements_done = excluded.statements_done, "
        "done_checksum = excluded.done_checksum, statement_running = excluded.statement_running, "
        "running_checksum = excluded.running_checksum, running_text = excluded.running_text, "
        "seen_before = excluded.seen_before, updated_at = excluded.updated_at, "
        "applied_by = excluded.applied_by, client_user = excluded.client_user, "
        "client_host = excluded.client_host, backend_pid = excluded.backend_pid, "
        "application_name = excluded.application_name",
        place.table("migration_progress"),
        progress.version.number,
        name(progress.direction),
        escape_literal(progress.file_name),
        progress.done,
        progress.done_checksum,
        running ? std::to_string(*progress.running) : "NULL",
        or_null(progress.running_checksum),
        or_null(progress.running_text),
        or_null(progress.seen_before),
        escape_literal(client.user),
        escape_literal(client.host));
}

std::string remove_progress_sql(Version version, const LedgerPlace& place) {
    return fmt::format(
        "DELETE FROM {} WHERE version = {}", place.table("migration_progress"), version.number);
}

std::string describe(const Progress& progress) {
    const std::string what =
        fmt::format("{} \"{}\"",
                    progress.direction == Direction::up ? "migration" : "the rollback of",
                    progress.file_name);
    if (progress.running) {
        return fmt::format("{} stopped while statement {} was running ({})",
                           what,
                           *progress.running,
                           progress.who);
    }
    return fmt::format("{} stopped behind statement {} ({})", what, progress.done, progress.who);
}

}  // namespace poststack::migrate
