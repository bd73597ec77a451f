#include "migrate/repeatable.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "migrate/change.h"

namespace poststack::migrate {

std::vector<RepeatableRun> read_repeatables(pg::Connection& connection, const Ledger& ledger) {
    std::vector<RepeatableRun> runs;
    if (ledger.layout < layout_with_repeatables) return runs;
    const pg::Result rows = connection.script(fmt::format(
        "SELECT name, file_name, description, checksum, normalised_checksum, token_checksum, "
        "pg_catalog.to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
        "applied_by, (extract(epoch FROM duration) * 1000000)::bigint, runs FROM {} ORDER BY "
        "file_name COLLATE \"C\"",
        ledger.place.table("repeatable_migrations")));
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        RepeatableRun run;
        run.name = rows.value(row, 0);
        run.file_name = rows.value(row, 1);
        run.description = rows.value(row, 2);
        run.checksum = rows.value(row, 3);
        run.normalised_checksum = rows.value(row, 4);
        run.token_checksum = rows.value(row, 5);
        run.applied_at = rows.value(row, 6);
        run.applied_by = rows.value(row, 7);
        run.duration = std::chrono::microseconds(rows.number(row, 8));
        run.runs = rows.number(row, 9);
        runs.push_back(std::move(run));
    }
    return runs;
}

RepeatableState compare_repeatable(const MigrationSet& set,
                                   const MigrationFile& file,
                                   const std::vector<RepeatableRun>& runs,
                                   bool standard_strings) {
    const auto run = std::find_if(
        runs.begin(), runs.end(), [&](const RepeatableRun& one) { return one.name == file.name; });
    if (run == runs.end()) return RepeatableState::absent;
    if (run->checksum == file.sha256) return RepeatableState::current;
    try {
        const FileChecksums now = compute_checksums(set, file, standard_strings);
        const bool is_same =
            now.normalised == run->normalised_checksum || now.tokens == run->token_checksum;
        return is_same ? RepeatableState::reformatted : RepeatableState::changed;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::config) throw;
        return RepeatableState::changed;  // no SQL any more: running it says where
    }
}

std::vector<const MigrationFile*> find_due_repeatables(pg::Connection& connection,
                                                       const MigrationSet& set,
                                                       const Ledger& ledger) {
    std::vector<const MigrationFile*> due;
    if (set.repeatables.empty()) return due;
    const std::vector<RepeatableRun> runs = read_repeatables(connection, ledger);
    const bool standard = connection.parameter_status("standard_conforming_strings") != "off";
    for (const MigrationFile& file : set.repeatables) {
        const RepeatableState state = compare_repeatable(set, file, runs, standard);
        if (state == RepeatableState::changed || state == RepeatableState::absent)
            due.push_back(&file);
    }
    return due;
}

std::string record_repeatable_sql(const LedgerRecord& record,
                                  const Client& client,
                                  const LedgerPlace& place) {
    const MigrationFile& file = *record.file;
    return fmt::format(
        "INSERT INTO {} AS r (name, file_name, description, checksum, normalised_checksum, "
        "token_checksum, applied_at, duration, applied_by, client_user, client_host, "
        "client_address, poststack_version, backend_pid, application_name, runs) VALUES ({}, {}, "
        "{}, '{}', '{}', '{}', pg_catalog.clock_timestamp(), '{} microseconds', session_user, {}, "
        "{}, pg_catalog.inet_client_addr(), {}, pg_catalog.pg_backend_pid(), "
        "pg_catalog.current_setting('application_name'), 1) ON CONFLICT (name) DO UPDATE SET "
        "file_name = excluded.file_name, description = excluded.description, "
        "checksum = excluded.checksum, normalised_checksum = excluded.normalised_checksum, "
        "token_checksum = excluded.token_checksum, applied_at = excluded.applied_at, "
        "duration = excluded.duration, applied_by = excluded.applied_by, "
        "client_user = excluded.client_user, client_host = excluded.client_host, "
        "client_address = excluded.client_address, "
        "poststack_version = excluded.poststack_version, backend_pid = excluded.backend_pid, "
        "application_name = excluded.application_name, runs = r.runs + 1",
        place.table("repeatable_migrations"),
        escape_literal(file.name),
        escape_literal(file.file_name),
        escape_literal(file.description),
        file.sha256,
        record.normalised_checksum,
        record.token_checksum,
        std::chrono::duration_cast<std::chrono::microseconds>(record.duration).count(),
        escape_literal(client.user),
        escape_literal(client.host),
        escape_literal(poststack_version()));
}

std::string repeatable_ran_sql(const MigrationFile& file, const LedgerPlace& place) {
    return fmt::format("SELECT EXISTS (SELECT FROM {} WHERE name = {} AND checksum = '{}')",
                       place.table("repeatable_migrations"),
                       escape_literal(file.name),
                       file.sha256);
}

}  // namespace poststack::migrate
