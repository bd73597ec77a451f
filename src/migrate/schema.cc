#include "migrate/schema.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/ledger.h"
#include "migrate/ledger_layout.h"
#include "migrate/session.h"

namespace poststack::migrate {
namespace {

const char* const schema_owner =
    "SELECT pg_catalog.pg_get_userbyid(nspowner) FROM pg_catalog.pg_namespace "
    "WHERE nspname = 'poststack'";

const char* const table_columns =
    "SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), "
    "pg_catalog.pg_total_relation_size(c.oid) "
    "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
    "WHERE c.relnamespace = 'poststack'::regnamespace AND c.relkind = 'r' "
    "AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum";

// Indexes and the types of tables come and go with their tables and are not listed.
const char* const schema_objects =
    "SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'v' THEN 'view' "
    "WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' "
    "ELSE 'type' END AS kind, relname AS name FROM pg_catalog.pg_class "
    "WHERE relnamespace = 'poststack'::regnamespace AND relkind IN ('r','p','v','m','S','f','c') "
    "UNION ALL SELECT 'function', proname FROM pg_catalog.pg_proc "
    "WHERE pronamespace = 'poststack'::regnamespace "
    "UNION ALL SELECT 'type', typname FROM pg_catalog.pg_type "
    "WHERE typnamespace = 'poststack'::regnamespace AND typtype IN ('e','d','r') "
    "ORDER BY 1, 2";

bool is_own_table(std::string_view kind, std::string_view name) {
    const auto& own = own_tables();
    return kind == "table" && std::find(own.begin(), own.end(), name) != own.end();
}

std::vector<std::string> foreign_objects(pg::Connection& connection, bool has_ledger) {
    const pg::Result rows = connection.script(schema_objects);
    std::vector<std::string> foreign;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        const std::string_view kind = rows.value(row, 0);
        const std::string_view name = rows.value(row, 1);
        if (has_ledger && is_own_table(kind, name)) continue;
        foreign.push_back(fmt::format("{} {}", kind, name));
    }
    return foreign;
}

std::vector<SchemaTable> read_tables(pg::Connection& connection) {
    const pg::Result rows = connection.script(table_columns);
    std::vector<SchemaTable> tables;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        if (tables.empty() || tables.back().name != rows.value(row, 0)) {
            tables.push_back({std::string(rows.value(row, 0)), 0, 0, {}});
            tables.back().bytes = static_cast<std::uint64_t>(rows.number(row, 3));
        }
        tables.back().columns.emplace_back(rows.value(row, 1), rows.value(row, 2));
    }
    for (SchemaTable& table : tables) {
        table.rows = connection
                         .script(fmt::format("SELECT pg_catalog.count(*) FROM poststack.{}",
                                             pg::quote_identifier(table.name)))
                         .number(0, 0);
    }
    return tables;
}

void refuse_while_used(pg::Connection& connection, const Ledger& ledger) {
    std::vector<std::string> reasons = foreign_objects(connection, ledger.exists());
    if (!ledger.entries.empty()) {
        reasons.insert(reasons.begin(),
                       fmt::format("the record of {} applied migration{}",
                                   ledger.entries.size(),
                                   ledger.entries.size() == 1 ? "" : "s"));
    }
    if (reasons.empty()) return;
    throw Error(ErrorKind::conflict,
                fmt::format("schema \"poststack\" is in use: it holds {}", join(reasons, ", ")))
        .hint(
            "Nothing was dropped. Undo the migrations with \"poststack database rollback "
            "--target-version 0\" and move the other objects, or add --force to lose them.");
}

std::string drop_sql(bool force) {
    if (force) return "DROP SCHEMA poststack CASCADE";
    std::string sql = "BEGIN;DROP TABLE IF EXISTS ";
    for (const std::string_view table : own_tables())
        sql += fmt::format("{}poststack.{}", table == own_tables().front() ? "" : ",", table);
    return sql + ";DROP SCHEMA poststack;COMMIT";
}

}  // namespace

SchemaChange create_schema(const pg::ConnInfo& target,
                           std::chrono::milliseconds wait_limit,
                           const ProgressCallback& on_progress) {
    pg::Connection connection(work_login(target));
    if (read_ledger(connection).layout == ledger_layout) return SchemaChange::none;
    LockedRun run(
        target, std::move(connection), {.wait_limit = wait_limit, .on_progress = on_progress});
    const int before = run.ledger().layout;
    run.prepare();
    if (before == ledger_layout) return SchemaChange::none;
    return before == 0 ? SchemaChange::created : SchemaChange::upgraded;
}

SchemaReport show_schema(pg::Connection& connection) {
    SchemaReport report;
    const pg::Result owner = connection.script(schema_owner);
    report.exists = owner.rows() > 0;
    if (!report.exists) return report;
    report.owner = owner.value(0, 0);
    const bool has_information =
        connection.script("SELECT pg_catalog.to_regclass('poststack.system_info') IS NOT NULL")
            .boolean(0, 0);
    if (has_information) report.layout = read_ledger(connection).layout;
    report.tables = read_tables(connection);
    report.foreign = foreign_objects(connection, report.layout > 0);
    if (report.layout == 0) return report;
    const pg::Result rows =
        connection.script("SELECT key, value FROM poststack.system_info ORDER BY key");
    for (std::size_t row = 0; row < rows.rows(); ++row)
        report.information.emplace_back(rows.value(row, 0), rows.value(row, 1));
    return report;
}

bool drop_schema(const pg::ConnInfo& target, const DropOptions& options) {
    pg::Connection connection(work_login(target));
    if (connection.script(schema_owner).rows() == 0) return false;
    LockedRun run(target,
                  std::move(connection),
                  {.wait_limit = options.wait_limit, .on_progress = options.on_progress});
    pg::Connection& work = run.connection();
    if (!options.force) refuse_while_used(work, run.ledger());
    try {
        work.script(drop_sql(options.force));
    } catch (Error& error) {
        if (!work.is_broken()) work.script("ROLLBACK");
        error.add_context("dropping schema \"poststack\", which is still there");
        throw;
    }
    return true;
}

}  // namespace poststack::migrate
