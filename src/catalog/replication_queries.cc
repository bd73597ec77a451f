// Publications and subscriptions.
#include <fmt/format.h>

#include "catalog/query_parts.h"

namespace poststack::catalog {

using namespace fmt::literals;  // NOLINT(google-build-using-namespace): "name"_a

namespace {

Query publications(const QueryParts& parts) {
    return {"publications",
            fmt::format(R"(
SELECT p.oid,
    'publication' AS kind,
    quote_ident(p.pubname) AS identity,
    NULL AS parent,
    pg_get_userbyid(p.pubowner) AS owner,
    CASE WHEN p.puballtables THEN 'yes' END AS "all tables",
    concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
        CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END)
        AS operations,
    CASE WHEN p.pubviaroot THEN 'yes' END AS "via root",
    {generated}
    d.description AS comment
FROM pg_publication p
{comment}
WHERE {own})",
                        "generated"_a = parts.since(
                            18, "nullif(p.pubgencols::text, 'n') AS \"generated columns\","),
                        "comment"_a = comment("pg_publication", "p.oid"),
                        "own"_a = no_member("pg_publication", "p.oid"))};
}

Query publication_tables(const QueryParts& parts) {
    return {"publication_tables",
            fmt::format(R"(
SELECT r.oid,
    'publication table' AS kind,
    {table} || ' in ' || quote_ident(p.pubname) AS identity,
    'publication ' || quote_ident(p.pubname) AS parent
    {details}
FROM pg_publication_rel r
JOIN pg_publication p ON p.oid = r.prpubid
JOIN pg_class c ON c.oid = r.prrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {visible})",
                        "table"_a = qualified("n.nspname", "c.relname"),
                        "details"_a = parts.since(15, R"(,
    pg_get_expr(r.prqual, r.prrelid) AS "where",
    (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname COLLATE "C") FROM pg_attribute a
     WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) AS columns)"),
                        "visible"_a = parts.visible())};
}

Query publication_schemas(const QueryParts& parts) {
    return {"publication_schemas",
            fmt::format(R"(
SELECT r.oid,
    'publication schema' AS kind,
    quote_ident(n.nspname) || ' in ' || quote_ident(p.pubname) AS identity,
    'publication ' || quote_ident(p.pubname) AS parent
FROM pg_publication_namespace r
JOIN pg_publication p ON p.oid = r.pnpubid
JOIN pg_namespace n ON n.oid = r.pnnspid
WHERE {visible})",
                        "visible"_a = parts.visible())};
}

/// Only columns that every role may read: the rest may hold a password.
Query subscriptions(const QueryParts& parts) {
    return {"subscriptions",
            fmt::format(R"(
SELECT 0::oid,
    'subscription' AS kind,
    quote_ident(s.subname) AS identity,
    NULL AS parent,
    pg_get_userbyid(s.subowner) AS owner,
    CASE WHEN NOT s.subenabled THEN 'no' END AS enabled,
    s.subslotname AS slot,
    {more}
    (SELECT string_agg(quote_ident(x), ', ' ORDER BY x COLLATE "C") FROM unnest(s.subpublications) x)
        AS publications
FROM pg_subscription s
WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database()))",
                        "more"_a = parts.since(14, R"(
    CASE WHEN s.subbinary THEN 'yes' END AS "binary",
    nullif(nullif(s.substream::text, 'f'), 'false') AS streaming,
    s.subsynccommit AS "synchronous commit",)"))};
}

}  // namespace

std::vector<Query> replication_queries(const QueryParts& parts) {
    std::vector<Query> all = {publications(parts), publication_tables(parts), subscriptions(parts)};
    if (parts.since(15)) all.push_back(publication_schemas(parts));
    return all;
}

}  // namespace poststack::catalog
