// Tables, views, sequences and their columns.
#include <fmt/format.h>

#include "catalog/query_parts.h"

namespace poststack::catalog {

using namespace fmt::literals;  // NOLINT(google-build-using-namespace): "name"_a

namespace {

Query relations(const QueryParts& parts) {
    return {"relations",
            fmt::format(R"(
SELECT c.oid,
    CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                   WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
    {name} AS identity,
    NULL AS parent,
    pg_get_userbyid(c.relowner) AS owner,
    {acl} AS privileges,
    CASE c.relpersistence WHEN 'u' THEN 'unlogged' END AS persistence,
    ts.spcname AS tablespace,
    CASE WHEN c.relkind IN ('r', 'm', 'p') THEN am.amname END AS "access method",
    {options} AS options,
    (SELECT string_agg(x, ', ' ORDER BY x COLLATE "C") FROM pg_class tc, unnest(tc.reloptions) x
     WHERE tc.oid = c.reltoastrelid AND c.reltoastrelid <> 0) AS "toast options",
    CASE WHEN c.relrowsecurity THEN 'enabled' END AS "row security",
    CASE WHEN c.relforcerowsecurity THEN 'yes' END AS "row security forced",
    CASE WHEN c.relkind IN ('r', 'm', 'p') THEN
        CASE c.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN 'nothing' WHEN 'i' THEN 'index' END
    END AS "replica identity",
    (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_inherits i
     WHERE i.inhrelid = c.oid) AS inherits,
    pg_get_expr(c.relpartbound, c.oid) AS bound,
    CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS "partition key",
    CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END AS "of type",
    fs.srvname AS server,
    {foreign_options} AS "server options",
    CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN 'no' END AS populated,
    CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS definition,
    d.description AS comment
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_foreign_table ft ON ft.ftrelid = c.oid
LEFT JOIN pg_foreign_server fs ON fs.oid = ft.ftserver
{comment}
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {made} AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "c.relname"),
                        "acl"_a = acl("c.relacl", 'r', "c.relowner"),
                        "options"_a = options("c.reloptions"),
                        "foreign_options"_a = options("ft.ftoptions"),
                        "comment"_a = comment("pg_class", "c.oid"),
                        "made"_a = user_made("c.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_class", "c.oid"))};
}

Query sequences(const QueryParts& parts) {
    return {"sequences",
            fmt::format(R"(
SELECT c.oid,
    'sequence' AS kind,
    {name} AS identity,
    (SELECT 'column ' || {table} || '.' || quote_ident(a.attname)
     FROM pg_depend x JOIN pg_class t ON t.oid = x.refobjid
     JOIN pg_namespace tn ON tn.oid = t.relnamespace
     JOIN pg_attribute a ON a.attrelid = x.refobjid AND a.attnum = x.refobjsubid
     WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.objsubid = 0
       AND x.refclassid = 'pg_class'::regclass AND x.deptype IN ('a', 'i') LIMIT 1) AS parent,
    pg_get_userbyid(c.relowner) AS owner,
    {acl} AS privileges,
    CASE c.relpersistence WHEN 'u' THEN 'unlogged' END AS persistence,
    format_type(s.seqtypid, NULL) AS type,
    s.seqstart AS start,
    s.seqincrement AS increment,
    s.seqmin AS minimum,
    s.seqmax AS maximum,
    s.seqcache AS cache,
    CASE WHEN s.seqcycle THEN 'yes' END AS cycle,
    d.description AS comment
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
{comment}
WHERE {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "c.relname"),
                        "table"_a = qualified("tn.nspname", "t.relname"),
                        "acl"_a = acl("c.relacl", 's', "c.relowner"),
                        "comment"_a = comment("pg_class", "c.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_class", "c.oid"))};
}

/// The server's own option pg_attver numbers the making of a column, anew each time: pg_dump leaves
/// it out as well.
Query columns(const QueryParts& parts) {
    return {"columns",
            fmt::format(
                R"(
SELECT a.attrelid,
    CASE c.relkind WHEN 'c' THEN 'attribute' ELSE 'column' END AS kind,
    {name} || '.' || quote_ident(a.attname) AS identity,
    CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view '
        WHEN 'f' THEN 'foreign table ' WHEN 'c' THEN 'composite type ' ELSE 'table ' END || {name}
        AS parent,
    a.attnum AS "#position",
    quote_ident(a.attname) AS "#name",
    format_type(a.atttypid, a.atttypmod) AS type,
    CASE WHEN a.attcollation <> 0 AND a.attcollation <> ty.typcollation THEN {collation} END
        AS collation,
    CASE WHEN a.attnotnull THEN 'yes' END AS "not null",
    CASE WHEN a.attgenerated = '' THEN pg_get_expr(e.adbin, e.adrelid) END AS "default",
    CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS identity,
    CASE WHEN a.attgenerated <> '' THEN pg_get_expr(e.adbin, e.adrelid)
        || CASE a.attgenerated WHEN 's' THEN ' stored' ELSE ' virtual' END END AS generated,
    CASE WHEN a.attstorage <> ty.typstorage THEN
        CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x' THEN 'extended'
            WHEN 'm' THEN 'main' END END AS storage,
    {compression}
    CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END AS "statistics target",
    (SELECT string_agg(x, ', ' ORDER BY x COLLATE "C") FROM unnest(a.attoptions) x
     WHERE x NOT LIKE 'pg\_attver=%') AS options,
    {foreign_options} AS "server options",
    CASE WHEN NOT a.attislocal THEN 'only' WHEN a.attinhcount > 0 THEN 'also' END AS inherited,
    {acl} AS privileges,
    d.description AS comment
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type ty ON ty.oid = a.atttypid
LEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
{comment}
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
  AND {made} AND {visible} AND {own})",
                "name"_a = qualified("n.nspname", "c.relname"),
                "collation"_a = collation_name("a.attcollation"),
                "compression"_a = parts.since(14,
                                              "CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' "
                                              "THEN 'lz4' END AS compression,"),
                "foreign_options"_a = options("a.attfdwoptions"),
                "acl"_a = acl("a.attacl", 'c', "c.relowner"),
                "comment"_a = comment("pg_class", "a.attrelid", "a.attnum"),
                "made"_a = user_made("a.attrelid"),
                "visible"_a = parts.visible(),
                "own"_a = no_member("pg_class", "c.oid"))};
}

}  // namespace

std::vector<Query> relation_queries(const QueryParts& parts) {
    return {relations(parts), sequences(parts), columns(parts)};
}

}  // namespace poststack::catalog
