// The database itself, schemas, extensions, event triggers, privileges that stand alone, labels.
#include <array>

#include <fmt/format.h>

#include "catalog/query_parts.h"

namespace poststack::catalog {

using namespace fmt::literals;  // NOLINT(google-build-using-namespace): "name"_a

namespace {

/// Named without its name, so that a copy under another name has the same fingerprint.
Query database() {
    return {"database",
            fmt::format(R"(
SELECT b.oid,
    'database' AS kind,
    'itself' AS identity,
    NULL AS parent,
    pg_get_userbyid(b.datdba) AS owner,
    {acl} AS privileges,
    CASE WHEN b.datconnlimit <> -1 THEN b.datconnlimit END AS "connection limit",
    ts.spcname AS tablespace,
    shobj_description(b.oid, 'pg_database') AS comment
FROM pg_database b
JOIN pg_tablespace ts ON ts.oid = b.dattablespace
WHERE b.datname = current_database())",
                        "acl"_a = acl("b.datacl", 'd', "b.datdba"))};
}

Query settings() {
    return {"settings", R"(
SELECT 0::oid,
    'setting' AS kind,
    split_part(x, '=', 1) || CASE WHEN s.setrole = 0 THEN '' ELSE
        ' for role ' || quote_ident(pg_get_userbyid(s.setrole)) END AS identity,
    NULL AS parent,
    substr(x, strpos(x, '=') + 1) AS value
FROM pg_db_role_setting s, unnest(s.setconfig) x
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()))"};
}

Query schemas(const QueryParts& parts) {
    return {"schemas",
            fmt::format(R"(
SELECT n.oid,
    'schema' AS kind,
    quote_ident(n.nspname) AS identity,
    NULL AS parent,
    pg_get_userbyid(n.nspowner) AS owner,
    {acl} AS privileges,
    d.description AS comment
FROM pg_namespace n
{comment}
WHERE {visible} AND {own})",
                        "acl"_a = acl("n.nspacl", 'n', "n.nspowner"),
                        "comment"_a = comment("pg_namespace", "n.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_namespace", "n.oid"))};
}

Query extensions() {
    return {"extensions",
            fmt::format(R"(
SELECT e.oid,
    'extension' AS kind,
    quote_ident(e.extname) AS identity,
    NULL AS parent,
    pg_get_userbyid(e.extowner) AS owner,
    quote_ident(n.nspname) AS schema,
    e.extversion AS version,
    (SELECT string_agg(x.relation::regclass::text || coalesce(' ' || nullif(x.condition, ''), ''),
         ', ' ORDER BY x.relation::regclass::text COLLATE "C")
     FROM unnest(e.extconfig, e.extcondition) AS x(relation, condition)) AS "configuration tables",
    d.description AS comment
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
{comment})",
                        "comment"_a = comment("pg_extension", "e.oid"))};
}

Query event_triggers() {
    return {"event_triggers",
            fmt::format(R"(
SELECT e.oid,
    'event trigger' AS kind,
    quote_ident(e.evtname) AS identity,
    NULL AS parent,
    pg_get_userbyid(e.evtowner) AS owner,
    e.evtevent AS event,
    e.evtfoid::regproc::text AS function,
    CASE e.evtenabled WHEN 'D' THEN 'no' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END
        AS enabled,
    (SELECT string_agg(x, ', ' ORDER BY x COLLATE "C") FROM unnest(e.evttags) x) AS tags,
    d.description AS comment
FROM pg_event_trigger e
{comment}
WHERE {own})",
                        "comment"_a = comment("pg_event_trigger", "e.oid"),
                        "own"_a = no_member("pg_event_trigger", "e.oid"))};
}

Query default_privileges() {
    return {"default_privileges", R"(
SELECT x.oid,
    'default privileges' AS kind,
    CASE x.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
        WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE 'large objects' END
        || ' of role ' || quote_ident(pg_get_userbyid(x.defaclrole))
        || coalesce(' in schema ' || quote_ident(n.nspname), '') AS identity,
    NULL AS parent,
    (SELECT coalesce(string_agg(a::text, ', ' ORDER BY a::text COLLATE "C"), 'none')
     FROM unnest(x.defaclacl) a) AS privileges
FROM pg_default_acl x
LEFT JOIN pg_namespace n ON n.oid = x.defaclnamespace)"};
}

/// One branch of grants(): a catalogue with its columns of names and privileges.
struct GrantSource {
    std::string_view table;
    std::string_view acl;
    std::string_view initial;  ///< what holds as long as nothing was granted
    std::string_view schema;   ///< the column with the schema's oid
};

std::string grant_branch(const GrantSource& source) {
    const auto sorted = [](std::string_view array) {
        return fmt::format(
            "(SELECT coalesce(string_agg(a::text, ', ' ORDER BY a::text COLLATE \"C\"), 'none')"
            " FROM unnest({}) a)",
            array);
    };
    return fmt::format(
        R"(
SELECT x.oid,
    'grant' AS kind,
    pg_describe_object('{table}'::regclass, x.oid, 0) AS identity,
    NULL AS parent,
    {given} AS privileges
FROM {table} x
LEFT JOIN pg_init_privs i ON i.objoid = x.oid AND i.classoid = '{table}'::regclass
    AND i.objsubid = 0
WHERE x.{acl} IS NOT NULL AND (x.oid < 16384 OR {member})
    AND x.{acl} IS DISTINCT FROM i.initprivs AND {before} <> {given}
    AND {schema} NOT IN (SELECT oid FROM pg_namespace
                         WHERE nspname IN ('information_schema', 'public')))",
        "table"_a = source.table,
        "acl"_a = source.acl,
        "given"_a = sorted(fmt::format("x.{}", source.acl)),
        "before"_a = sorted(fmt::format("coalesce(i.initprivs, {})", source.initial)),
        "member"_a = member(source.table, "x.oid"),
        "schema"_a = source.schema);
}

/// Grants on objects that are no objects of their own here: the system's and members of extensions.
/// The information schema gets its grants too late in initdb to have them in pg_init_privs.
Query grants() {
    const std::array sources = {
        GrantSource{"pg_proc", "proacl", "acldefault('f', x.proowner)", "x.pronamespace"},
        GrantSource{"pg_class",
                    "relacl",
                    "acldefault(CASE WHEN x.relkind = 'S' THEN 's' ELSE 'r' END::\"char\","
                    " x.relowner)",
                    "x.relnamespace"},
        GrantSource{"pg_type", "typacl", "acldefault('T', x.typowner)", "x.typnamespace"},
        GrantSource{"pg_language", "lanacl", "acldefault('l', x.lanowner)", "0::oid"},
        GrantSource{"pg_namespace", "nspacl", "acldefault('n', x.nspowner)", "x.oid"}};
    std::string all;
    for (const GrantSource& source : sources) {
        if (!all.empty()) all += "\nUNION ALL";
        all += grant_branch(source);
    }
    return {"grants", all};
}

Query security_labels() {
    return {"security_labels", R"(
SELECT s.objoid,
    'security label' AS kind,
    s.provider || ' on ' || pg_describe_object(s.classoid, s.objoid, s.objsubid) AS identity,
    NULL AS parent,
    s.label AS label
FROM pg_seclabel s
WHERE s.classoid <> 'pg_largeobject'::regclass)"};
}

}  // namespace

std::vector<Query> database_queries(const QueryParts& parts) {
    std::vector<Query> all = {schemas(parts),
                              extensions(),
                              event_triggers(),
                              default_privileges(),
                              grants(),
                              security_labels()};
    if (parts.database()) {
        all.push_back(database());
        all.push_back(settings());
    }
    return all;
}

}  // namespace poststack::catalog
