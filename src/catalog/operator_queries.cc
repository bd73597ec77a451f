// Operators, their classes and families, access methods.
#include <fmt/format.h>

#include "catalog/query_parts.h"

namespace poststack::catalog {

using namespace fmt::literals;  // NOLINT(google-build-using-namespace): "name"_a

namespace {

Query operators(const QueryParts& parts) {
    return {"operators",
            fmt::format(R"(
SELECT o.oid,
    'operator' AS kind,
    quote_ident(n.nspname) || '.' || o.oprname || '(' ||
        CASE WHEN o.oprleft = 0 THEN 'none' ELSE format_type(o.oprleft, NULL) END || ', ' ||
        CASE WHEN o.oprright = 0 THEN 'none' ELSE format_type(o.oprright, NULL) END || ')'
        AS identity,
    NULL AS parent,
    pg_get_userbyid(o.oprowner) AS owner,
    format_type(o.oprresult, NULL) AS result,
    {function} AS function,
    {commutator} AS commutator,
    {negator} AS negator,
    {restriction} AS "restriction estimator",
    {join} AS "join estimator",
    CASE WHEN o.oprcanmerge THEN 'yes' END AS merges,
    CASE WHEN o.oprcanhash THEN 'yes' END AS hashes,
    d.description AS comment
FROM pg_operator o
JOIN pg_namespace n ON n.oid = o.oprnamespace
{comment}
WHERE {made} AND {visible} AND {own})",
                        "function"_a = reference("o.oprcode"),
                        "commutator"_a = reference("o.oprcom", "regoperator"),
                        "negator"_a = reference("o.oprnegate", "regoperator"),
                        "restriction"_a = reference("o.oprrest", "regproc"),
                        "join"_a = reference("o.oprjoin", "regproc"),
                        "comment"_a = comment("pg_operator", "o.oid"),
                        "made"_a = user_made("o.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_operator", "o.oid"))};
}

Query operator_classes(const QueryParts& parts) {
    return {"operator_classes",
            fmt::format(R"(
SELECT o.oid,
    'operator class' AS kind,
    {name} || ' using ' || quote_ident(am.amname) AS identity,
    NULL AS parent,
    pg_get_userbyid(o.opcowner) AS owner,
    format_type(o.opcintype, NULL) AS type,
    {family} AS family,
    CASE WHEN o.opcdefault THEN 'yes' END AS "default",
    CASE WHEN o.opckeytype <> 0 THEN format_type(o.opckeytype, NULL) END AS storage,
    d.description AS comment
FROM pg_opclass o
JOIN pg_namespace n ON n.oid = o.opcnamespace
JOIN pg_am am ON am.oid = o.opcmethod
JOIN pg_opfamily f ON f.oid = o.opcfamily
JOIN pg_namespace fn ON fn.oid = f.opfnamespace
{comment}
WHERE {made} AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "o.opcname"),
                        "family"_a = qualified("fn.nspname", "f.opfname"),
                        "comment"_a = comment("pg_opclass", "o.oid"),
                        "made"_a = user_made("o.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_opclass", "o.oid"))};
}

Query operator_families(const QueryParts& parts) {
    return {"operator_families",
            fmt::format(R"(
SELECT f.oid,
    'operator family' AS kind,
    {name} || ' using ' || quote_ident(am.amname) AS identity,
    NULL AS parent,
    pg_get_userbyid(f.opfowner) AS owner,
    (SELECT string_agg(x, E'\n' ORDER BY x COLLATE "C") FROM
        (SELECT ao.amopstrategy || ' ' || ao.amopopr::regoperator::text ||
             CASE ao.amoppurpose WHEN 'o' THEN ' for order by ' || sf.opfname ELSE '' END AS x
         FROM pg_amop ao LEFT JOIN pg_opfamily sf ON sf.oid = ao.amopsortfamily
         WHERE ao.amopfamily = f.oid) y) AS operators,
    (SELECT string_agg(x, E'\n' ORDER BY x COLLATE "C") FROM
        (SELECT ap.amprocnum || ' (' || format_type(ap.amproclefttype, NULL) || ', ' ||
             format_type(ap.amprocrighttype, NULL) || ') ' || ap.amproc::regprocedure::text AS x
         FROM pg_amproc ap WHERE ap.amprocfamily = f.oid) y) AS functions,
    d.description AS comment
FROM pg_opfamily f
JOIN pg_namespace n ON n.oid = f.opfnamespace
JOIN pg_am am ON am.oid = f.opfmethod
{comment}
WHERE {made} AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "f.opfname"),
                        "comment"_a = comment("pg_opfamily", "f.oid"),
                        "made"_a = user_made("f.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_opfamily", "f.oid"))};
}

Query access_methods(const QueryParts&) {
    return {"access_methods",
            fmt::format(R"(
SELECT a.oid,
    'access method' AS kind,
    quote_ident(a.amname) AS identity,
    NULL AS parent,
    CASE a.amtype WHEN 'i' THEN 'index' ELSE 'table' END AS type,
    a.amhandler::text AS handler,
    d.description AS comment
FROM pg_am a
{comment}
WHERE {made} AND {own})",
                        "comment"_a = comment("pg_am", "a.oid"),
                        "made"_a = user_made("a.oid"),
                        "own"_a = no_member("pg_am", "a.oid"))};
}

}  // namespace

std::vector<Query> operator_queries(const QueryParts& parts) {
    return {
        operators(parts), operator_classes(parts), operator_families(parts), access_methods(parts)};
}

}  // namespace poststack::catalog
