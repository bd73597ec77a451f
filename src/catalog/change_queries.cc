#include "catalog/change_queries.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::catalog {

using namespace fmt::literals;  // NOLINT(google-build-using-namespace): "name"_a

namespace {

/// A table may have been given as one of its indexes.
std::string table_of(std::string_view relation) {
    return fmt::format(
        "coalesce((SELECT xi.indrelid FROM pg_index xi WHERE xi.indexrelid = {0}), {0})", relation);
}

/// The unit of the object (class, oid), null when it is no part of one.
std::string unit_of(std::string_view of_class, std::string_view oid) {
    return fmt::format(
        "CASE {class}"
        " WHEN 'pg_class'::regclass THEN {table}"
        " WHEN 'pg_type'::regclass THEN {oid}"
        " WHEN 'pg_proc'::regclass THEN {oid}"
        " WHEN 'pg_constraint'::regclass THEN (SELECT CASE WHEN xk.conrelid <> 0 THEN {constrained}"
        " ELSE xk.contypid END FROM pg_constraint xk WHERE xk.oid = {oid})"
        " WHEN 'pg_attrdef'::regclass THEN (SELECT xd.adrelid FROM pg_attrdef xd WHERE xd.oid = "
        "{oid})"
        " WHEN 'pg_rewrite'::regclass THEN (SELECT xr.ev_class FROM pg_rewrite xr WHERE xr.oid = "
        "{oid})"
        " WHEN 'pg_trigger'::regclass THEN (SELECT xt.tgrelid FROM pg_trigger xt WHERE xt.oid = "
        "{oid})"
        " WHEN 'pg_policy'::regclass THEN (SELECT xp.polrelid FROM pg_policy xp WHERE xp.oid = "
        "{oid})"
        " WHEN 'pg_statistic_ext'::regclass THEN"
        " (SELECT xs.stxrelid FROM pg_statistic_ext xs WHERE xs.oid = {oid}) END",
        "class"_a = of_class,
        "table"_a = table_of(oid),
        "constrained"_a = "xk.conrelid",
        "oid"_a = oid);
}

/// The kind of the unit of the object (class, oid).
std::string kind_of(std::string_view of_class, std::string_view oid) {
    return fmt::format(
        "CASE {class}"
        " WHEN 'pg_type'::regclass THEN 'type'"
        " WHEN 'pg_proc'::regclass THEN 'routine'"
        " WHEN 'pg_constraint'::regclass THEN (SELECT CASE WHEN xk.conrelid <> 0 THEN 'relation'"
        " ELSE 'type' END FROM pg_constraint xk WHERE xk.oid = {oid})"
        " ELSE 'relation' END",
        "class"_a = of_class,
        "oid"_a = oid);
}

/// A table whose rows belong to units.
struct Part {
    std::string_view table;
    std::string unit;
    std::string_view kind = "'relation'";
    std::string_view key = "NULL";   ///< an object that others refer to, by oid and column number
    std::string_view name = "NULL";  ///< what others call it
    std::string_view where = "true";
};

std::vector<Part> parts() {
    return {
        {"pg_attribute",
         table_of("x.attrelid"),
         "'relation'",
         "x.attrelid::text || ' a' || x.attnum",
         "x.attname::text",
         "x.attnum > 0 AND x.attrelid >= 16384"},
        {"pg_attrdef", "x.adrelid"},
        {"pg_constraint",
         "CASE WHEN x.conrelid <> 0 THEN x.conrelid ELSE x.contypid END",
         "CASE WHEN x.conrelid <> 0 THEN 'relation' ELSE 'type' END",
         "x.oid::text || ' k'",
         "x.conname::text"},
        {"pg_index", "x.indrelid", "'relation'", "NULL", "NULL", "x.indexrelid >= 16384"},
        {"pg_trigger", "x.tgrelid"},
        {"pg_rewrite", "x.ev_class", "'relation'", "NULL", "NULL", "x.oid >= 16384"},
        {"pg_policy", "x.polrelid"},
        {"pg_statistic_ext", "x.stxrelid"},
        {"pg_inherits", table_of("x.inhrelid")},
        {"pg_sequence", "x.seqrelid"},
        {"pg_foreign_table", "x.ftrelid"},
        {"pg_partitioned_table", "x.partrelid"},
        {"pg_enum",
         "x.enumtypid",
         "'type'",
         "x.enumtypid::text || ' e' || x.oid",
         "x.enumlabel::text"},
        {"pg_range", "x.rngtypid", "'type'", "NULL", "NULL", "x.rngtypid >= 16384"},
        {"pg_aggregate", "x.aggfnoid", "'routine'", "NULL", "NULL", "x.aggfnoid >= 16384"},
    };
}

/// A table whose objects are units of their own, unless they are the system's or an extension's:
/// those stand in the fingerprint with their privileges only.
struct Main {
    std::string_view table;
    std::string unit;
    std::string_view kind;
    std::string_view name;
    std::string_view where = "true";
};

std::vector<Main> mains() {
    return {
        {"pg_class",
         table_of("x.oid"),
         "'relation'",
         "x.relnamespace::text || ' ' || x.relname",
         "x.relkind <> 't'"},
        // Arrays and the row types of tables are no objects of their own.
        {"pg_type",
         "x.oid",
         "CASE WHEN x.typinput = 'array_in'::regproc OR (x.typtype = 'c' AND (SELECT xc.relkind"
         " FROM pg_class xc WHERE xc.oid = x.typrelid) IS DISTINCT FROM 'c') THEN 'name'"
         " ELSE 'type' END",
         "x.typnamespace::text || ' ' || x.typname"},
        {"pg_proc", "x.oid", "'routine'", "x.pronamespace::text || ' ' || x.proname"},
    };
}

/// Tables that are read as a whole.
constexpr std::array<std::string_view, 31> read_whole = {
    "pg_namespace",
    "pg_extension",
    "pg_event_trigger",
    "pg_default_acl",
    "pg_init_privs",
    "pg_seclabel",
    "pg_language",
    "pg_cast",
    "pg_transform",
    "pg_collation",
    "pg_conversion",
    "pg_operator",
    "pg_opclass",
    "pg_opfamily",
    "pg_amop",
    "pg_amproc",
    "pg_am",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_ts_dict",
    "pg_ts_config",
    "pg_ts_config_map",
    "pg_foreign_data_wrapper",
    "pg_foreign_server",
    "pg_user_mapping",
    "pg_publication",
    "pg_publication_rel",
    "pg_subscription",
    "pg_db_role_setting",
    "pg_database",
    "pg_shdescription",
};

constexpr std::string_view by_transaction = "age(x.xmin) <= 0";
constexpr std::string_view by_other = "x.xmax <> '0'::xid AND age(x.xmax) <= age($1::xid)";

/// Both queries of a table; "{0}" in `sql` is the condition on a row x.
WatchedTable watch(std::string_view table, const std::string& sql) {
    return {std::string(table),
            WatchedTable::Effect::units,
            fmt::format(fmt::runtime(sql), by_transaction),
            fmt::format(fmt::runtime(sql), by_other)};
}

WatchedTable watch_part(const Part& part) {
    return watch(part.table,
                 fmt::format("SELECT {}, ({})::int8, {}, {} FROM {} x WHERE {} AND {{0}}",
                             part.kind,
                             part.unit,
                             part.key,
                             part.name,
                             part.table,
                             part.where));
}

/// LIMIT keeps the server from reading all of pg_depend into a hash first.
WatchedTable watch_main(const Main& main) {
    return watch(main.table,
                 fmt::format("SELECT CASE WHEN x.oid < 16384 OR (SELECT true FROM pg_depend xe"
                             " WHERE xe.classid = '{0}'::regclass AND xe.objid = x.oid"
                             " AND xe.deptype = 'e' LIMIT 1) THEN 'rest' ELSE {1} END, ({2})::int8,"
                             " x.oid::text || ' {0}', {3} FROM {0} x WHERE {4} AND {{0}}",
                             main.table,
                             main.kind,
                             main.unit,
                             main.name,
                             main.where));
}

/// Comments on what initdb makes: schemas, extensions and languages alone are objects here.
WatchedTable watch_comments() {
    return watch(
        "pg_description",
        fmt::format(
            "SELECT CASE WHEN y.unit IS NULL THEN 'rest' ELSE {} END,"
            " coalesce(y.unit, 0)::int8, NULL, NULL FROM pg_description x,"
            " LATERAL (SELECT {} AS unit) y WHERE x.objoid >= 16384 AND {{0}}"
            " UNION ALL SELECT 'rest', 0, NULL, NULL FROM pg_description x WHERE x.objoid IN"
            " (SELECT oid FROM pg_namespace UNION ALL SELECT oid FROM pg_extension"
            " UNION ALL SELECT oid FROM pg_language) AND x.objoid < 16384 AND {{0}}",
            kind_of("x.classoid", "x.objoid"),
            unit_of("x.classoid", "x.objoid")));
}

std::vector<WatchedTable> watched_tables(int version) {
    using enum WatchedTable::Effect;
    std::vector<WatchedTable> tables;
    for (const Main& main : mains())
        tables.push_back(watch_main(main));
    for (const Part& part : parts())
        tables.push_back(watch_part(part));
    tables.push_back(watch_comments());
    tables.push_back(watch("pg_depend",
                           "SELECT 'all', 0::int8, NULL, NULL FROM pg_depend x"
                           " WHERE x.refclassid = 'pg_extension'::regclass AND {0}"));
    for (const std::string_view table : read_whole)
        tables.push_back({std::string(table), WatchedTable::Effect::rest});
    if (version >= 150'000)
        tables.push_back({"pg_publication_namespace", WatchedTable::Effect::rest});
    for (const std::string_view table : {"pg_tablespace", "pg_authid"})
        tables.push_back({std::string(table), all});
    return tables;
}

std::string counts(const std::vector<WatchedTable>& tables) {
    std::vector<std::string> names;
    names.reserve(tables.size());
    for (const WatchedTable& table : tables)
        names.push_back(fmt::format("'{}'::regclass", table.name));
    return fmt::format(
        "SELECT current_setting('track_counts'), pg_current_xact_id()::xid,"
        " string_agg(pg_stat_get_xact_tuples_inserted(t) + c || ' ' || c, ',' ORDER BY n)"
        " FROM unnest(ARRAY[{}]) WITH ORDINALITY AS x(t, n), LATERAL (SELECT"
        " pg_stat_get_xact_tuples_updated(t) + pg_stat_get_xact_tuples_deleted(t)) AS y(c)",
        join(names, ", "));
}

/// The units of what depends on one of the oids $1. The list drives the search: the server would
/// read all of pg_depend for an array of unknown length.
std::string dependents(std::string_view condition) {
    return fmt::format(
        "SELECT CASE WHEN y.unit IS NULL THEN 'rest' ELSE {} END, coalesce(y.unit, 0)::int8"
        " FROM unnest($1::oid[]) AS u(oid), LATERAL (SELECT * FROM pg_depend x"
        " WHERE x.refobjid = u.oid AND {} AND x.deptype <> 'e' OFFSET 0) AS d,"
        " LATERAL (SELECT {} AS unit) AS y",
        kind_of("d.classid", "d.objid"),
        condition,
        unit_of("d.classid", "d.objid"));
}

}  // namespace

ChangeQueries change_queries(int version) {
    std::vector<WatchedTable> tables = watched_tables(version);
    std::string count = counts(tables);
    return {std::move(tables),
            std::move(count),
            dependents("x.refclassid IN ('pg_class'::regclass, 'pg_type'::regclass,"
                       " 'pg_proc'::regclass, 'pg_constraint'::regclass)"),
            dependents("x.refclassid = 'pg_class'::regclass AND x.classid IN"
                       " ('pg_rewrite'::regclass, 'pg_proc'::regclass, 'pg_policy'::regclass)")};
}

}  // namespace poststack::catalog
