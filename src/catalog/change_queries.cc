#include "catalog/change_queries.h"

#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

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

/// A catalogue whose rows belong to units.
struct Source {
    std::string_view catalogue;
    std::string unit;
    std::string_view key = "NULL";   ///< an object that others refer to, by oid and column number
    std::string_view name = "NULL";  ///< what others call it
    std::string_view where = "true";
};

std::vector<Source> unit_sources() {
    return {
        {"pg_attribute",
         table_of("x.attrelid"),
         "x.attrelid::text || ' a' || x.attnum",
         "x.attname::text",
         "x.attnum > 0 AND x.attrelid >= 16384"},
        {"pg_attrdef", "x.adrelid"},
        {"pg_constraint",
         "CASE WHEN x.conrelid <> 0 THEN x.conrelid ELSE x.contypid END",
         "x.oid::text || ' k'",
         "x.conname::text"},
        {"pg_index", "x.indrelid", "NULL", "NULL", "x.indexrelid >= 16384"},
        {"pg_trigger", "x.tgrelid"},
        {"pg_rewrite", "x.ev_class", "NULL", "NULL", "x.oid >= 16384"},
        {"pg_policy", "x.polrelid"},
        {"pg_statistic_ext", "x.stxrelid"},
        {"pg_inherits", table_of("x.inhrelid")},
        {"pg_sequence", "x.seqrelid"},
        {"pg_foreign_table", "x.ftrelid"},
        {"pg_partitioned_table", "x.partrelid"},
        {"pg_enum", "x.enumtypid", "x.enumtypid::text || ' e' || x.oid", "x.enumlabel::text"},
        {"pg_range", "x.rngtypid", "NULL", "NULL", "x.rngtypid >= 16384"},
        {"pg_aggregate", "x.aggfnoid", "NULL", "NULL", "x.aggfnoid >= 16384"},
    };
}

/// A catalogue whose objects are units of their own, unless they are the system's or an
/// extension's: those stand in the fingerprint with their privileges only.
struct MainSource {
    std::string_view catalogue;
    std::string unit;
    std::string_view name;
    std::string_view where = "true";
};

std::vector<MainSource> main_sources() {
    return {
        {"pg_class",
         table_of("x.oid"),
         "x.relnamespace::text || ' ' || x.relname",
         "x.relkind <> 't'"},
        {"pg_type", "x.oid", "x.typnamespace::text || ' ' || x.typname"},
        {"pg_proc", "x.oid", "x.pronamespace::text || ' ' || x.proname"},
    };
}

/// Catalogues that are read as a whole, with the column that holds an oid.
constexpr std::array<std::pair<std::string_view, std::string_view>, 27> rest = {{
    {"pg_namespace", "true"},
    {"pg_extension", "true"},
    {"pg_event_trigger", "true"},
    {"pg_default_acl", "true"},
    {"pg_init_privs", "true"},
    {"pg_seclabel", "true"},
    {"pg_language", "true"},
    {"pg_cast", "x.oid >= 16384"},
    {"pg_transform", "true"},
    {"pg_collation", "x.oid >= 16384"},
    {"pg_conversion", "x.oid >= 16384"},
    {"pg_operator", "x.oid >= 16384"},
    {"pg_opclass", "x.oid >= 16384"},
    {"pg_opfamily", "true"},
    {"pg_amop", "x.oid >= 16384"},
    {"pg_amproc", "x.oid >= 16384"},
    {"pg_am", "true"},
    {"pg_ts_parser", "true"},
    {"pg_ts_template", "true"},
    {"pg_ts_dict", "true"},
    {"pg_ts_config", "true"},
    {"pg_ts_config_map", "x.mapcfg >= 16384"},
    {"pg_foreign_data_wrapper", "true"},
    {"pg_foreign_server", "true"},
    {"pg_publication", "true"},
    {"pg_publication_rel", "true"},
    {"pg_db_role_setting", "true"},
}};

/// All branches, with `changed` as the condition on a row x.
std::string changes(int version, std::string_view changed) {
    std::string sql;
    const auto add = [&](std::string_view branch) {
        if (!sql.empty()) sql += "\nUNION ALL ";
        sql += branch;
    };
    for (const Source& source : unit_sources()) {
        add(fmt::format("SELECT 'unit', ({})::int8, {}, {} FROM {} x WHERE {} AND {}",
                        source.unit,
                        source.key,
                        source.name,
                        source.catalogue,
                        source.where,
                        changed));
    }
    // LIMIT keeps the server from reading all of pg_depend into a hash first.
    for (const MainSource& source : main_sources()) {
        add(
            fmt::format("SELECT CASE WHEN x.oid < 16384 OR (SELECT true FROM pg_depend xe"
                        " WHERE xe.classid = '{0}'::regclass AND xe.objid = x.oid"
                        " AND xe.deptype = 'e' LIMIT 1) THEN 'rest' ELSE 'unit' END, ({1})::int8,"
                        " x.oid::text || ' {0}', {2} FROM {0} x WHERE {3} AND {4}",
                        source.catalogue,
                        source.unit,
                        source.name,
                        source.where,
                        changed));
    }
    for (const auto& [catalogue, where] : rest) {
        add(fmt::format(
            "SELECT 'rest', 0, NULL, NULL FROM {} x WHERE {} AND {}", catalogue, where, changed));
    }
    if (version >= 150'000)
        add(fmt::format("SELECT 'rest', 0, NULL, NULL FROM pg_publication_namespace x WHERE {}",
                        changed));
    // Comments on what initdb makes: schemas and extensions alone are objects here.
    add(
        fmt::format("SELECT CASE WHEN y.unit IS NULL THEN 'rest' ELSE 'unit' END,"
                    " coalesce(y.unit, 0)::int8, NULL, NULL FROM pg_description x,"
                    " LATERAL (SELECT {} AS unit) y WHERE x.objoid >= 16384 AND {}",
                    unit_of("x.classoid", "x.objoid"),
                    changed));
    add(
        fmt::format("SELECT 'rest', 0, NULL, NULL FROM pg_description x WHERE x.objoid IN"
                    " (SELECT oid FROM pg_namespace UNION ALL SELECT oid FROM pg_extension"
                    " UNION ALL SELECT oid FROM pg_language) AND x.objoid < 16384 AND {}",
                    changed));
    add(fmt::format("SELECT 'rest', 0, NULL, NULL FROM pg_shdescription x WHERE {}", changed));
    add(
        fmt::format("SELECT 'rest', 0, NULL, NULL FROM pg_database x"
                    " WHERE x.datname = current_database() AND {}",
                    changed));
    add(fmt::format("SELECT 'all', 0, NULL, NULL FROM pg_tablespace x WHERE {}", changed));
    add(
        fmt::format("SELECT 'all', 0, NULL, NULL FROM pg_depend x"
                    " WHERE x.refclassid = 'pg_extension'::regclass AND {}",
                    changed));
    // Who may not read passwords may not read xmin of these either.
    add("SELECT 'roles', 0, NULL, (SELECT string_agg(oid::text || ' ' || rolname, ',' ORDER BY oid)"
        " FROM pg_roles)");
    add("SELECT 'hidden', 0, NULL, (SELECT string_agg(md5(m::text), ' ' ORDER BY umid)"
        " FROM pg_user_mappings m)");
    add(fmt::format(
        "SELECT 'hidden', 0, NULL, (SELECT string_agg(concat_ws(' ', s.oid, s.subname,"
        " s.subowner, s.subenabled, s.subslotname, s.subpublications, s.subsynccommit{}),"
        " ' ' ORDER BY s.oid) FROM pg_subscription s)",
        version >= 140'000 ? ", s.subbinary, s.substream" : ""));
    return sql;
}

std::string dependents() {
    const std::string unit = unit_of("d.classid", "d.objid");
    const auto branch = [&](std::string_view oids, std::string_view classes) {
        return fmt::format(
            "SELECT CASE WHEN y.unit IS NULL THEN 'rest' ELSE 'unit' END, coalesce(y.unit, 0)::int8"
            " FROM pg_depend d, LATERAL (SELECT {} AS unit) y"
            " WHERE d.deptype <> 'e' AND d.refobjid = ANY ({}) AND {}",
            unit,
            oids,
            classes);
    };
    return branch("$1",
                  "d.refclassid IN ('pg_class'::regclass, 'pg_type'::regclass,"
                  " 'pg_proc'::regclass, 'pg_constraint'::regclass)") +
           " UNION " +
           branch("$2",
                  "d.refclassid = 'pg_class'::regclass AND d.classid IN ('pg_rewrite'::regclass,"
                  " 'pg_proc'::regclass, 'pg_policy'::regclass)");
}

}  // namespace

ChangeQueries change_queries(int version) {
    return {changes(version, "age(x.xmin) <= 0"),
            changes(version, "age(x.xmax) <= age($1)"),
            dependents()};
}

}  // namespace poststack::catalog
