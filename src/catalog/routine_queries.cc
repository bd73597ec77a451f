// Functions, procedures, aggregates, languages, casts and transforms.
#include <fmt/format.h>

#include "catalog/query_parts.h"

namespace poststack::catalog {

using namespace fmt::literals;  // NOLINT(google-build-using-namespace): "name"_a

namespace {

/// schema.name(argument types): the names of arguments are an attribute, not the identity.
std::string signature() {
    return qualified("n.nspname", "p.proname") + " || '(' || oidvectortypes(p.proargtypes) || ')'";
}

/// A condition: the object was not made together with another (what a range type brings along).
std::string made_alone(std::string_view of, std::string_view oid) {
    return fmt::format(
        "NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '{}'::regclass AND x.objid = {}"
        " AND x.objsubid = 0 AND x.deptype = 'i')",
        of,
        oid);
}

Query routines(const QueryParts& parts) {
    return {"routines",
            fmt::format(R"(
SELECT p.oid,
    CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS kind,
    {name} AS identity,
    NULL AS parent,
    pg_get_userbyid(p.proowner) AS owner,
    {acl} AS privileges,
    pg_get_function_arguments(p.oid) AS arguments,
    pg_get_function_result(p.oid) AS result,
    CASE WHEN p.prokind = 'w' THEN 'yes' END AS window,
    CASE WHEN p.prokind <> 'a' THEN quote_ident(l.lanname) END AS language,
    CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' END AS volatility,
    CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END AS parallel,
    CASE WHEN p.proisstrict THEN 'yes' END AS strict,
    CASE WHEN p.proleakproof THEN 'yes' END AS leakproof,
    CASE WHEN p.prosecdef THEN 'definer' END AS security,
    CASE WHEN p.prokind <> 'a' THEN p.procost END AS cost,
    CASE WHEN p.prorows <> 0 THEN p.prorows END AS rows,
    {settings} AS settings,
    {support} AS support,
    (SELECT string_agg(format_type(x, NULL), ', ' ORDER BY format_type(x, NULL) COLLATE "C")
     FROM unnest(p.protrftypes) x) AS transforms,
    CASE WHEN p.prokind <> 'a' THEN p.probin END AS library,
    CASE WHEN p.prokind <> 'a' THEN {body} END AS body,
    d.description AS comment
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
{comment}
WHERE {made} AND {visible} AND {own} AND {alone})",
                        "name"_a = signature(),
                        "acl"_a = acl("p.proacl", 'f', "p.proowner"),
                        "settings"_a = options("p.proconfig"),
                        "support"_a = reference("p.prosupport", "regproc"),
                        "body"_a = parts.since(14)
                                       ? "coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)"
                                       : "p.prosrc",
                        "comment"_a = comment("pg_proc", "p.oid"),
                        "made"_a = user_made("p.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_proc", "p.oid"),
                        "alone"_a = made_alone("pg_proc", "p.oid"))};
}

Query aggregates(const QueryParts& parts) {
    return {"aggregates",
            fmt::format(R"(
SELECT p.oid,
    'aggregate' AS kind,
    {name} AS identity,
    NULL AS parent,
    CASE a.aggkind WHEN 'o' THEN 'ordered-set' WHEN 'h' THEN 'hypothetical-set' END AS "kind of",
    a.aggnumdirectargs AS "direct arguments",
    a.aggtransfn::text AS "state function",
    format_type(a.aggtranstype, NULL) AS "state type",
    a.aggtransspace AS "state size",
    a.agginitval AS "initial value",
    {final} AS "final function",
    CASE WHEN a.aggfinalextra THEN 'yes' END AS "final function extra",
    a.aggfinalmodify AS "final function modifies",
    {combine} AS "combine function",
    {serial} AS "serialization function",
    {deserial} AS "deserialization function",
    {moving} AS "moving state function",
    {moving_inverse} AS "moving inverse function",
    CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END
        AS "moving state type",
    a.aggmtransspace AS "moving state size",
    a.aggminitval AS "moving initial value",
    {moving_final} AS "moving final function",
    CASE WHEN a.aggmfinalextra THEN 'yes' END AS "moving final function extra",
    a.aggmfinalmodify AS "moving final function modifies",
    CASE WHEN a.aggsortop <> 0 THEN a.aggsortop::regoperator::text END AS "sort operator",
    NULL AS "#part"
FROM pg_aggregate a
JOIN pg_proc p ON p.oid = a.aggfnoid
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE {made} AND {visible} AND {own})",
                        "name"_a = signature(),
                        "final"_a = reference("a.aggfinalfn", "regproc"),
                        "combine"_a = reference("a.aggcombinefn", "regproc"),
                        "serial"_a = reference("a.aggserialfn", "regproc"),
                        "deserial"_a = reference("a.aggdeserialfn", "regproc"),
                        "moving"_a = reference("a.aggmtransfn", "regproc"),
                        "moving_inverse"_a = reference("a.aggminvtransfn", "regproc"),
                        "moving_final"_a = reference("a.aggmfinalfn", "regproc"),
                        "made"_a = user_made("p.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_proc", "p.oid"))};
}

Query languages(const QueryParts&) {
    return {"languages",
            fmt::format(R"(
SELECT l.oid,
    'language' AS kind,
    quote_ident(l.lanname) AS identity,
    NULL AS parent,
    pg_get_userbyid(l.lanowner) AS owner,
    {acl} AS privileges,
    CASE WHEN l.lanpltrusted THEN 'yes' END AS trusted,
    {handler} AS handler,
    {inline} AS inline,
    {validator} AS validator,
    d.description AS comment
FROM pg_language l
{comment}
WHERE {made} AND {own})",
                        "acl"_a = acl("l.lanacl", 'l', "l.lanowner"),
                        "handler"_a = reference("l.lanplcallfoid"),
                        "inline"_a = reference("l.laninline"),
                        "validator"_a = reference("l.lanvalidator"),
                        "comment"_a = comment("pg_language", "l.oid"),
                        "made"_a = user_made("l.oid"),
                        "own"_a = no_member("pg_language", "l.oid"))};
}

Query casts(const QueryParts&) {
    return {"casts",
            fmt::format(R"(
SELECT c.oid,
    'cast' AS kind,
    format_type(c.castsource, NULL) || ' as ' || format_type(c.casttarget, NULL) AS identity,
    NULL AS parent,
    {function} AS function,
    CASE c.castcontext WHEN 'a' THEN 'assignment' WHEN 'i' THEN 'implicit' ELSE 'explicit' END
        AS context,
    CASE c.castmethod WHEN 'f' THEN 'function' WHEN 'i' THEN 'inout' ELSE 'binary' END AS method,
    d.description AS comment
FROM pg_cast c
{comment}
WHERE {made} AND {own} AND {alone})",
                        "function"_a = reference("c.castfunc"),
                        "comment"_a = comment("pg_cast", "c.oid"),
                        "made"_a = user_made("c.oid"),
                        "own"_a = no_member("pg_cast", "c.oid"),
                        "alone"_a = made_alone("pg_cast", "c.oid"))};
}

Query transforms(const QueryParts&) {
    return {"transforms",
            fmt::format(R"(
SELECT t.oid,
    'transform' AS kind,
    format_type(t.trftype, NULL) || ' for ' || quote_ident(l.lanname) AS identity,
    NULL AS parent,
    {from} AS "from SQL",
    {to} AS "to SQL",
    d.description AS comment
FROM pg_transform t
JOIN pg_language l ON l.oid = t.trflang
{comment}
WHERE {own})",
                        "from"_a = reference("t.trffromsql"),
                        "to"_a = reference("t.trftosql"),
                        "comment"_a = comment("pg_transform", "t.oid"),
                        "own"_a = no_member("pg_transform", "t.oid"))};
}

}  // namespace

std::vector<Query> routine_queries(const QueryParts& parts) {
    return {routines(parts), aggregates(parts), languages(parts), casts(parts), transforms(parts)};
}

}  // namespace poststack::catalog
