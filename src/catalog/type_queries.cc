// Types: enums, domains, composites, ranges, base types; collations and conversions.
#include <fmt/format.h>

#include "catalog/query_parts.h"

namespace poststack::catalog {

using namespace fmt::literals;  // NOLINT(google-build-using-namespace): "name"_a

namespace {

/// Array types, row types of tables and multiranges come and go with their element, table or range.
constexpr std::string_view types_of_their_own =
    "t.typtype IN ('e', 'd', 'r', 'b', 'c', 'p') AND t.typinput <> 'array_in'::regproc"
    " AND (t.typtype <> 'c' OR EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid"
    " AND c.relkind = 'c'))";

Query types(const QueryParts& parts) {
    return {"types",
            fmt::format(R"(
SELECT t.oid,
    CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type'
        WHEN 'c' THEN 'composite type' ELSE 'base type' END AS kind,
    {name} AS identity,
    NULL AS parent,
    pg_get_userbyid(t.typowner) AS owner,
    {acl} AS privileges,
    CASE WHEN NOT t.typisdefined THEN 'no' END AS defined,
    CASE WHEN t.typtype = 'e' THEN
        (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
         FROM pg_enum e WHERE e.enumtypid = t.oid) END AS labels,
    CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS "base type",
    CASE WHEN t.typtype = 'd' AND t.typcollation <> bt.typcollation THEN {collation} END
        AS collation,
    CASE WHEN t.typtype = 'd' AND t.typnotnull THEN 'yes' END AS "not null",
    coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault) AS "default",
    d.description AS comment
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_type bt ON bt.oid = t.typbasetype
{comment}
WHERE {kinds} AND {made} AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "t.typname"),
                        "acl"_a = acl("t.typacl", 'T', "t.typowner"),
                        "collation"_a = collation_name("t.typcollation"),
                        "comment"_a = comment("pg_type", "t.oid"),
                        "kinds"_a = types_of_their_own,
                        "made"_a = user_made("t.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_type", "t.oid"))};
}

Query range_types(const QueryParts& parts) {
    return {"range_types",
            fmt::format(
                R"(
SELECT t.oid,
    'range type' AS kind,
    {name} AS identity,
    NULL AS parent,
    r.rngsubtype::regtype::text AS subtype,
    (SELECT {class_name} FROM pg_opclass o JOIN pg_namespace on_ ON on_.oid = o.opcnamespace
     WHERE o.oid = r.rngsubopc) AS "operator class",
    {collation} AS collation,
    {canonical} AS canonical,
    {difference} AS difference,
    {multirange}
    NULL AS "#part"
FROM pg_range r
JOIN pg_type t ON t.oid = r.rngtypid
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE {made} AND {visible} AND {own})",
                "name"_a = qualified("n.nspname", "t.typname"),
                "class_name"_a = qualified("on_.nspname", "o.opcname"),
                "collation"_a = collation_name("r.rngcollation"),
                "canonical"_a = reference("r.rngcanonical", "regproc"),
                "difference"_a = reference("r.rngsubdiff", "regproc"),
                "multirange"_a = parts.since(14, "r.rngmultitypid::regtype::text AS multirange,"),
                "made"_a = user_made("t.oid"),
                "visible"_a = parts.visible(),
                "own"_a = no_member("pg_type", "t.oid"))};
}

Query base_types(const QueryParts& parts) {
    return {"base_types",
            fmt::format(R"(
SELECT t.oid,
    'base type' AS kind,
    {name} AS identity,
    NULL AS parent,
    t.typlen AS length,
    CASE WHEN t.typbyval THEN 'yes' END AS "by value",
    t.typalign AS alignment,
    t.typstorage AS storage,
    t.typcategory AS category,
    CASE WHEN t.typispreferred THEN 'yes' END AS preferred,
    t.typdelim AS delimiter,
    {element} AS element,
    t.typinput::text AS input,
    t.typoutput::text AS output,
    {receive} AS receive,
    {send} AS send,
    {modifier_in} AS "modifier input",
    {modifier_out} AS "modifier output",
    {analyze} AS analyze,
    {subscript}
    CASE WHEN t.typcollation <> 0 THEN 'yes' END AS collatable,
    NULL AS "#part"
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'b' AND t.typinput <> 'array_in'::regproc AND {made} AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "t.typname"),
                        "element"_a = reference("t.typelem", "regtype"),
                        "receive"_a = reference("t.typreceive", "regproc"),
                        "send"_a = reference("t.typsend", "regproc"),
                        "modifier_in"_a = reference("t.typmodin", "regproc"),
                        "modifier_out"_a = reference("t.typmodout", "regproc"),
                        "analyze"_a = reference("t.typanalyze", "regproc"),
                        "subscript"_a = parts.since(
                            14, reference("t.typsubscript", "regproc") + " AS subscript,"),
                        "made"_a = user_made("t.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_type", "t.oid"))};
}

Query domain_constraints(const QueryParts& parts) {
    return {"domain_constraints",
            fmt::format(R"(
SELECT t.oid,
    'domain constraint' AS kind,
    quote_ident(k.conname) || ' on ' || {name} AS identity,
    'domain ' || {name} AS parent,
    pg_get_constraintdef(k.oid) AS definition,
    d.description AS comment
FROM pg_constraint k
JOIN pg_type t ON t.oid = k.contypid
JOIN pg_namespace n ON n.oid = t.typnamespace
{comment}
WHERE k.contypid <> 0 AND {made} AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "t.typname"),
                        "comment"_a = comment("pg_constraint", "k.oid"),
                        "made"_a = user_made("k.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_type", "t.oid"))};
}

Query collations(const QueryParts& parts) {
    std::string locale;
    if (parts.since(17)) locale = "c.colllocale AS locale,";
    if (parts.since(15) && !parts.since(17)) locale = "c.colliculocale AS locale,";
    return {"collations",
            fmt::format(R"(
SELECT c.oid,
    'collation' AS kind,
    {name} AS identity,
    NULL AS parent,
    pg_get_userbyid(c.collowner) AS owner,
    CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'c' THEN 'libc' WHEN 'b' THEN 'builtin'
        ELSE 'default' END AS provider,
    CASE WHEN NOT c.collisdeterministic THEN 'no' END AS deterministic,
    c.collcollate AS collate,
    c.collctype AS ctype,
    {locale}
    {rules}
    d.description AS comment
FROM pg_collation c
JOIN pg_namespace n ON n.oid = c.collnamespace
{comment}
WHERE {made} AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "c.collname"),
                        "locale"_a = locale,
                        "rules"_a = parts.since(16, "c.collicurules AS rules,"),
                        "comment"_a = comment("pg_collation", "c.oid"),
                        "made"_a = user_made("c.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_collation", "c.oid"))};
}

Query conversions(const QueryParts& parts) {
    return {"conversions",
            fmt::format(R"(
SELECT c.oid,
    'conversion' AS kind,
    {name} AS identity,
    NULL AS parent,
    pg_get_userbyid(c.conowner) AS owner,
    pg_encoding_to_char(c.conforencoding) AS "from",
    pg_encoding_to_char(c.contoencoding) AS "to",
    c.conproc::text AS function,
    CASE WHEN c.condefault THEN 'yes' END AS "default",
    d.description AS comment
FROM pg_conversion c
JOIN pg_namespace n ON n.oid = c.connamespace
{comment}
WHERE {made} AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "c.conname"),
                        "comment"_a = comment("pg_conversion", "c.oid"),
                        "made"_a = user_made("c.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_conversion", "c.oid"))};
}

}  // namespace

std::vector<Query> type_queries(const QueryParts& parts) {
    return {types(parts),
            range_types(parts),
            base_types(parts),
            domain_constraints(parts),
            collations(parts),
            conversions(parts)};
}

}  // namespace poststack::catalog
