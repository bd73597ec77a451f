#include "migrate/foreign_history.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::migrate {
namespace {

/// How a tool's table is known and read. The query gives key, applied_at, failed and whether the
/// row stands for all before it; {} is the table.
struct Reading {
    Tool tool;
    std::string_view table;
    std::string_view column;  ///< one that tells tables of the same name apart
    std::string_view query;
};

// Where two tools share a table's name, the one with more columns comes first.
constexpr std::array<Reading, 11> readings = {{
    {Tool::flyway,
     "flyway_schema_history",
     "installed_rank",
     // An undo takes the version back; a repair leaves rows of type DELETE.
     "SELECT version, installed_on, NOT success, type LIKE '%BASELINE' FROM (SELECT DISTINCT ON "
     "(version) version, type,"
     " installed_on, success, installed_rank FROM {} WHERE version IS NOT NULL"
     " ORDER BY version, installed_rank DESC) AS newest"
     " WHERE type NOT LIKE 'UNDO%' AND type <> 'DELETE' ORDER BY installed_rank"},
    {Tool::liquibase,
     "databasechangelog",
     "orderexecuted",
     "SELECT id || '::' || author || '::' || pg_catalog.regexp_replace(filename, '^.*/', ''),"
     " dateexecuted, exectype = 'FAILED', false FROM {} ORDER BY orderexecuted"},
    {Tool::poststack,
     "schema_migrations",
     "sql_up",
     "SELECT version, applied_at, false, false FROM {} ORDER BY version"},
    {Tool::golang_migrate,
     "schema_migrations",
     "dirty",
     // The newest version alone is kept.
     "SELECT version, NULL, dirty, true FROM {}"},
    {Tool::dbmate,
     "schema_migrations",
     "version",
     "SELECT version, NULL, false, false FROM {} ORDER BY version"},
    {Tool::goose,
     "goose_db_version",
     "is_applied",
     "SELECT version_id, tstamp, false, false FROM (SELECT DISTINCT ON (version_id) * FROM {}"
     " ORDER BY version_id, id DESC) AS newest WHERE is_applied AND version_id > 0"
     " ORDER BY version_id"},
    {Tool::node_pg_migrate,
     "pgmigrations",
     "run_on",
     "SELECT name, run_on, false, false FROM {} ORDER BY id"},
    {Tool::sqlx,
     "_sqlx_migrations",
     "checksum",
     "SELECT version, installed_on, NOT success, false FROM {} ORDER BY version"},
    {Tool::diesel,
     "__diesel_schema_migrations",
     "run_on",
     "SELECT version, run_on, false, false FROM {} ORDER BY version"},
    {Tool::sqitch,
     "changes",
     "planner_email",
     "SELECT change, committed_at, false, false FROM {} ORDER BY committed_at"},
    {Tool::alembic,
     "alembic_version",
     "version_num",
     "SELECT version_num, NULL, false, true FROM {}"},
}};

/// Numbers without zeros in front, so that "001" of a text column meets 1.
std::string plain_key(Tool tool, std::string_view key) {
    if (tool == Tool::flyway) return flyway_key(key);
    const bool numbered = tool != Tool::diesel && tool != Tool::sqitch && tool != Tool::alembic &&
                          tool != Tool::node_pg_migrate && tool != Tool::liquibase;
    const auto number = numbered ? parse_integer(key) : std::nullopt;
    return number ? std::to_string(*number) : std::string(key);
}

std::vector<ForeignRepeatable> read_repeatable_runs(pg::Connection& connection,
                                                    const std::string& table) {
    const pg::Result rows = connection.query(fmt::format(
        "SELECT pg_catalog.regexp_replace(script, '^.*/', ''), checksum, installed_on FROM"
        " (SELECT DISTINCT ON (script) * FROM {} WHERE version IS NULL"
        " ORDER BY script, installed_rank DESC) AS newest"
        " WHERE success AND checksum IS NOT NULL AND type <> 'DELETE'",
        table));
    std::vector<ForeignRepeatable> found;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        found.push_back({std::string(rows.value(row, 0)),
                         rows.number(row, 1),
                         std::string(rows.value(row, 2))});
    }
    return found;
}

ForeignHistory read_one(pg::Connection& connection, const Reading& reading, std::string table) {
    ForeignHistory history;
    history.tool = reading.tool;
    const pg::Result rows = connection.query(fmt::format(fmt::runtime(reading.query), table));
    if (reading.tool == Tool::flyway) history.repeatables = read_repeatable_runs(connection, table);
    history.table = std::move(table);
    std::map<std::string, int> seen;  // a change that sqitch has reworked has several rows
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        std::string key = plain_key(reading.tool, rows.value(row, 0));
        if (reading.tool == Tool::sqitch) key = sqitch_key(key, ++seen[key]);
        history.rows.push_back({std::move(key),
                                std::string(rows.value(row, 1)),
                                rows.boolean(row, 2),
                                rows.boolean(row, 3)});
    }
    return history;
}

}  // namespace

std::vector<ForeignHistory> find_histories(pg::Connection& connection) {
    const pg::Result tables = connection.query(
        "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), c.relname,"
        " ' ' || pg_catalog.string_agg(a.attname, ' ') || ' '"
        " FROM pg_catalog.pg_class AS c"
        " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
        " JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0"
        " WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'poststack' AND n.nspname !~ '^pg_'"
        " GROUP BY 1, 2 ORDER BY 1");
    std::vector<ForeignHistory> found;
    for (std::size_t row = 0; row < tables.rows(); ++row) {
        const auto reading =
            std::find_if(readings.begin(), readings.end(), [&](const Reading& one) {
                return one.table == tables.value(row, 1) &&
                       tables.value(row, 2).find(fmt::format(" {} ", one.column)) !=
                           std::string_view::npos;
            });
        if (reading == readings.end()) continue;
        found.push_back(read_one(connection, *reading, std::string(tables.value(row, 0))));
    }
    return found;
}

}  // namespace poststack::migrate
