#include "migrate/ledger.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/ledger_layout.h"

namespace poststack::migrate {
namespace {

// Tables and schema are looked up by the first statement that names them, so a database without a
// ledger answers with one of these two codes.
constexpr std::string_view undefined_table = "42P01";
constexpr std::string_view undefined_schema = "3F000";
constexpr std::string_view undefined_column = "42703";
constexpr std::string_view duplicate_table = "42P07";
constexpr std::string_view insufficient_privilege = "42501";

const std::string read_statements =
    "SELECT value FROM poststack.system_info WHERE key = 'ledger_layout';"
    "SELECT version, file_name, checksum FROM poststack.schema_migrations ORDER BY version";

[[noreturn]] void refuse_foreign_tables(const LedgerPlace& place) {
    throw Error(ErrorKind::conflict, place.describe() + " holds tables that another program made")
        .hint(fmt::format("Move them into another schema (ALTER TABLE {} SET SCHEMA ...), then run "
                          "the command again.",
                          place.table("system_info")));
}

int parse_layout(const pg::Result& row, const LedgerPlace& place) {
    const std::optional<std::int64_t> layout =
        row.rows() == 1 ? parse_integer(row.value(0, 0)) : std::nullopt;
    if (!layout || *layout < 1) refuse_foreign_tables(place);
    if (*layout > ledger_layout) {
        throw Error(ErrorKind::conflict,
                    fmt::format("the ledger has layout {}, this poststack knows layouts up to {}",
                                *layout,
                                ledger_layout))
            .hint("Upgrade poststack: a newer version wrote to this database.");
    }
    return static_cast<int>(*layout);
}

/// Errors of reading that have a meaning of their own; true when there is just no ledger.
bool is_absent(const Error& error, const LedgerPlace& place) {
    const std::string& code = error.sqlstate();
    if (code == undefined_column) refuse_foreign_tables(place);
    if (code == insufficient_privilege) {
        throw Error(ErrorKind::denied, "this role may not read the ledger in " + place.describe())
            .sqlstate(code)
            .hint(fmt::format(
                "Use the role that applied the migrations, or let it run GRANT USAGE ON SCHEMA "
                "{0} and GRANT SELECT ON ALL TABLES IN SCHEMA {0}.",
                place.is_database() ? "poststack" : pg::quote_identifier(place.schema())));
    }
    return code == undefined_table || code == undefined_schema;
}

std::string microseconds(std::chrono::nanoseconds duration) {
    return fmt::format("'{} microseconds'",
                       std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

}  // namespace

const LedgerEntry* Ledger::find(Version version) const noexcept {
    const auto found = std::lower_bound(
        entries.begin(), entries.end(), version, [](const LedgerEntry& entry, Version wanted) {
            return entry.version < wanted;
        });
    return found != entries.end() && found->version == version ? &*found : nullptr;
}

Ledger read_ledger(pg::Connection& connection, const LedgerPlace& place) {
    Ledger ledger;
    ledger.place = place;
    std::vector<pg::Result> results;
    try {
        // Asked first, for a failing statement leaves its error in the server's log.
        const std::string table = escape_literal(place.table("system_info"));
        const pg::Result known =
            connection.script(fmt::format("SELECT pg_catalog.to_regclass({}) IS NOT NULL", table));
        if (!known.boolean(0, 0)) return ledger;
        results = connection.script_all(place.localise(read_statements));
    } catch (const Error& error) {
        if (is_absent(error, place)) return ledger;
        throw;
    }
    ledger.layout = parse_layout(results.at(0), place);
    const pg::Result& rows = results.at(1);
    ledger.entries.reserve(rows.rows());
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        ledger.entries.push_back({Version{rows.number(row, 0)},
                                  std::string(rows.value(row, 1)),
                                  std::string(rows.value(row, 2))});
    }
    return ledger;
}

void prepare_ledger(pg::Connection& connection, const Ledger& found) {
    if (found.layout == ledger_layout) return;
    const LedgerPlace& place = found.place;
    std::string sql = "BEGIN;";
    if (!place.is_database())
        sql += fmt::format("CREATE SCHEMA IF NOT EXISTS {};", pg::quote_identifier(place.schema()));
    for (int layout = found.layout + 1; layout <= ledger_layout; ++layout) {
        sql += layout_step(layout, place);
    }
    for (const auto& [key, value] : {std::pair{"ledger_layout", std::to_string(ledger_layout)},
                                     std::pair{"poststack_version", poststack_version()}}) {
        sql += fmt::format(
            "INSERT INTO {2} (key, value) VALUES ('{0}', {1}) "
            "ON CONFLICT (key) DO UPDATE SET value = {1}, updated_at = pg_catalog.now();",
            key,
            escape_literal(value),
            place.table("system_info"));
    }
    sql += "COMMIT";
    try {
        connection.script(sql);
    } catch (Error& error) {
        if (!connection.is_broken()) connection.script("ROLLBACK");
        if (error.sqlstate() == duplicate_table) refuse_foreign_tables(place);
        if (error.sqlstate() == insufficient_privilege) {
            throw Error(ErrorKind::denied,
                        fmt::format("cannot make the ledger: {}", error.message()))
                .sqlstate(error.sqlstate())
                .hint("Let the database's owner run GRANT CREATE ON DATABASE ... TO this role.");
        }
        error.add_context("making the ledger in " + place.describe());
        throw;
    }
}

std::string insert_sql(const LedgerRecord& record, const Client& client, const LedgerPlace& place) {
    const MigrationFile& file = *record.file;
    return fmt::format(
        "INSERT INTO {} (version, name, file_name, description, checksum,"
        " applied_at, duration, applied_by, client_user, client_host, client_address,"
        " poststack_version, rollback_sql, normalised_checksum, token_checksum, backend_pid,"
        " application_name, out_of_order) VALUES ({}, {}, {}, {}, '{}',"
        " pg_catalog.clock_timestamp(), {}, session_user, {}, {}, pg_catalog.inet_client_addr(),"
        " {}, {}, '{}', '{}', pg_catalog.pg_backend_pid(),"
        " pg_catalog.current_setting('application_name'), {})",
        place.table("schema_migrations"),
        file.version.number,
        escape_literal(file.name),
        escape_literal(file.file_name),
        escape_literal(file.description),
        file.sha256,
        microseconds(record.duration),
        escape_literal(client.user),
        escape_literal(client.host),
        escape_literal(poststack_version()),
        record.rollback_sql ? escape_literal(*record.rollback_sql) : "NULL",
        record.normalised_checksum,
        record.token_checksum,
        record.out_of_order);
}

std::string delete_sql(Version version, const LedgerPlace& place) {
    // The division makes a row that is not there an error, so that the undoing is rolled back.
    return fmt::format(
        "WITH undone AS (DELETE FROM {} WHERE version = {} RETURNING 1) "
        "SELECT 1 / pg_catalog.count(*) FROM undone",
        place.table("schema_migrations"),
        version.number);
}

std::string escape_literal(std::string_view text) {
    std::string literal = "E'";
    literal.reserve(text.size() + 3);
    for (const char c : text) {
        if (c == '\'' || c == '\\') literal += c;
        literal += c;
    }
    literal += '\'';
    return literal;
}

}  // namespace poststack::migrate
