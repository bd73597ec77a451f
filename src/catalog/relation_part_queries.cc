// What hangs on a table: constraints, indexes, triggers, rules, policies, extended statistics.
#include <fmt/format.h>

#include "catalog/query_parts.h"

namespace poststack::catalog {

using namespace fmt::literals;  // NOLINT(google-build-using-namespace): "name"_a

namespace {

/// The label of the relation c in schema n.
std::string parent_label() {
    return "CASE c.relkind WHEN 'v' THEN 'view ' WHEN 'm' THEN 'materialized view '"
           " WHEN 'f' THEN 'foreign table ' ELSE 'table ' END || " +
           qualified("n.nspname", "c.relname");
}

/// "NAME on TABLE": for what has names per table.
std::string on_table(std::string_view column) {
    return fmt::format(
        "quote_ident({}) || ' on ' || {}", column, qualified("n.nspname", "c.relname"));
}

Query constraints(const QueryParts& parts) {
    return {"constraints",
            fmt::format(R"(
SELECT c.oid,
    'constraint' AS kind,
    {name} AS identity,
    {parent} AS parent,
    pg_get_constraintdef(k.oid) AS definition,
    CASE WHEN NOT k.conislocal THEN 'only' WHEN k.coninhcount > 0 THEN 'also' END AS inherited,
    d.description AS comment
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
{comment}
WHERE k.contype <> 't' AND {made} AND {visible} AND {own})",
                        "name"_a = on_table("k.conname"),
                        "parent"_a = parent_label(),
                        "comment"_a = comment("pg_constraint", "k.oid"),
                        "made"_a = user_made("k.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_class", "c.oid"))};
}

Query indexes(const QueryParts& parts) {
    return {"indexes",
            fmt::format(R"(
SELECT c.oid,
    'index' AS kind,
    {name} AS identity,
    CASE WHEN k.oid IS NOT NULL THEN 'constraint ' || {constraint} ELSE {parent} END AS parent,
    pg_get_indexdef(i.indexrelid) AS definition,
    CASE WHEN NOT i.indisvalid THEN 'no' END AS valid,
    CASE WHEN i.indisclustered THEN 'yes' END AS clustered,
    CASE WHEN i.indisreplident THEN 'yes' END AS "replica identity",
    ts.spcname AS tablespace,
    (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)
        AS "partition of",
    (SELECT string_agg(a.attnum || ': ' || a.attstattarget, ', ' ORDER BY a.attnum)
     FROM pg_attribute a WHERE a.attrelid = i.indexrelid AND a.attstattarget >= 0)
        AS "statistics targets",
    d.description AS comment
FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_tablespace ts ON ts.oid = x.reltablespace
LEFT JOIN pg_constraint k ON k.conrelid = i.indrelid AND k.conindid = i.indexrelid
    AND k.contype IN ('p', 'u', 'x')
{comment}
WHERE {made} AND c.relkind <> 't' AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "x.relname"),
                        "constraint"_a = on_table("k.conname"),
                        "parent"_a = parent_label(),
                        "comment"_a = comment("pg_class", "i.indexrelid"),
                        "made"_a = user_made("i.indexrelid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_class", "c.oid"))};
}

Query triggers(const QueryParts& parts) {
    return {"triggers",
            fmt::format(R"(
SELECT c.oid,
    CASE WHEN t.tgisinternal THEN 'constraint trigger' ELSE 'trigger' END AS kind,
    CASE WHEN t.tgisinternal THEN t.tgfoid::regproc::text || ' of ' || quote_ident(k.conname)
        || ' on ' || {table} ELSE {name} END AS identity,
    {parent} AS parent,
    CASE WHEN NOT t.tgisinternal THEN pg_get_triggerdef(t.oid) END AS definition,
    CASE t.tgenabled WHEN 'D' THEN 'no' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END
        AS enabled,
    CASE WHEN t.tgparentid <> 0 THEN 'yes' END AS inherited,
    d.description AS comment
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
{comment}
WHERE (NOT t.tgisinternal OR t.tgenabled <> 'O') AND {visible} AND {own})",
                        "name"_a = on_table("t.tgname"),
                        "table"_a = qualified("n.nspname", "c.relname"),
                        "parent"_a = parent_label(),
                        "comment"_a = comment("pg_trigger", "t.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_class", "c.oid"))};
}

Query rules(const QueryParts& parts) {
    return {"rules",
            fmt::format(R"(
SELECT c.oid,
    'rule' AS kind,
    {name} AS identity,
    {parent} AS parent,
    pg_get_ruledef(r.oid) AS definition,
    CASE r.ev_enabled WHEN 'D' THEN 'no' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END
        AS enabled,
    d.description AS comment
FROM pg_rewrite r
JOIN pg_class c ON c.oid = r.ev_class
JOIN pg_namespace n ON n.oid = c.relnamespace
{comment}
WHERE r.rulename <> '_RETURN' AND {made} AND {visible} AND {own})",
                        "name"_a = on_table("r.rulename"),
                        "parent"_a = parent_label(),
                        "comment"_a = comment("pg_rewrite", "r.oid"),
                        "made"_a = user_made("r.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_class", "c.oid"))};
}

Query policies(const QueryParts& parts) {
    return {"policies",
            fmt::format(R"(
SELECT c.oid,
    'policy' AS kind,
    {name} AS identity,
    {parent} AS parent,
    CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update'
        WHEN 'd' THEN 'delete' ELSE 'all' END AS command,
    CASE WHEN NOT p.polpermissive THEN 'yes' END AS restrictive,
    (SELECT string_agg(CASE WHEN x = 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(x)) END, ', '
        ORDER BY pg_get_userbyid(x) COLLATE "C") FROM unnest(p.polroles) x) AS roles,
    pg_get_expr(p.polqual, p.polrelid) AS "using",
    pg_get_expr(p.polwithcheck, p.polrelid) AS "with check",
    d.description AS comment
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
{comment}
WHERE {visible} AND {own})",
                        "name"_a = on_table("p.polname"),
                        "parent"_a = parent_label(),
                        "comment"_a = comment("pg_policy", "p.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_class", "c.oid"))};
}

/// Built from its parts because the server writes the columns in the table's order, and the order
/// of columns is to be told apart from everything else.
Query statistics(const QueryParts& parts) {
    return {"statistics",
            fmt::format(R"(
SELECT c.oid,
    'statistics' AS kind,
    {name} AS identity,
    {parent} AS parent,
    pg_get_userbyid(s.stxowner) AS owner,
    (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE "C")
     FROM pg_attribute a WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys)) AS columns,
    {expressions}
    (SELECT string_agg(CASE k WHEN 'd' THEN 'ndistinct' WHEN 'f' THEN 'dependencies'
         WHEN 'm' THEN 'mcv' ELSE 'expressions' END, ', ' ORDER BY k)
     FROM unnest(s.stxkind) k) AS kinds,
    CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget END AS "statistics target",
    d.description AS comment
FROM pg_statistic_ext s
JOIN pg_class c ON c.oid = s.stxrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_namespace sn ON sn.oid = s.stxnamespace
{comment}
WHERE {visible} AND {own})",
                        "name"_a = qualified("sn.nspname", "s.stxname"),
                        "parent"_a = parent_label(),
                        "expressions"_a = parts.since(
                            14,
                            "array_to_string(pg_get_statisticsobjdef_expressions(s.oid),"
                            " ', ') AS expressions,"),
                        "comment"_a = comment("pg_statistic_ext", "s.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_class", "c.oid"))};
}

}  // namespace

std::vector<Query> relation_part_queries(const QueryParts& parts) {
    return {constraints(parts),
            indexes(parts),
            triggers(parts),
            rules(parts),
            policies(parts),
            statistics(parts)};
}

}  // namespace poststack::catalog
