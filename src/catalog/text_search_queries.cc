// Text search and foreign data.
#include <fmt/format.h>

#include "catalog/query_parts.h"

namespace poststack::catalog {

using namespace fmt::literals;  // NOLINT(google-build-using-namespace): "name"_a

namespace {

Query parsers(const QueryParts& parts) {
    return {"ts_parsers",
            fmt::format(R"(
SELECT p.oid,
    'text search parser' AS kind,
    {name} AS identity,
    NULL AS parent,
    p.prsstart::text AS start,
    p.prstoken::text AS "get token",
    p.prsend::text AS "end",
    {headline} AS headline,
    p.prslextype::text AS "token types",
    d.description AS comment
FROM pg_ts_parser p
JOIN pg_namespace n ON n.oid = p.prsnamespace
{comment}
WHERE {made} AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "p.prsname"),
                        "headline"_a = reference("p.prsheadline", "regproc"),
                        "comment"_a = comment("pg_ts_parser", "p.oid"),
                        "made"_a = user_made("p.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_ts_parser", "p.oid"))};
}

Query templates(const QueryParts& parts) {
    return {"ts_templates",
            fmt::format(R"(
SELECT t.oid,
    'text search template' AS kind,
    {name} AS identity,
    NULL AS parent,
    {init} AS init,
    t.tmpllexize::text AS lexize,
    d.description AS comment
FROM pg_ts_template t
JOIN pg_namespace n ON n.oid = t.tmplnamespace
{comment}
WHERE {made} AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "t.tmplname"),
                        "init"_a = reference("t.tmplinit", "regproc"),
                        "comment"_a = comment("pg_ts_template", "t.oid"),
                        "made"_a = user_made("t.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_ts_template", "t.oid"))};
}

Query dictionaries(const QueryParts& parts) {
    return {"ts_dictionaries",
            fmt::format(R"(
SELECT t.oid,
    'text search dictionary' AS kind,
    {name} AS identity,
    NULL AS parent,
    pg_get_userbyid(t.dictowner) AS owner,
    {template} AS template,
    t.dictinitoption AS options,
    d.description AS comment
FROM pg_ts_dict t
JOIN pg_namespace n ON n.oid = t.dictnamespace
JOIN pg_ts_template m ON m.oid = t.dicttemplate
JOIN pg_namespace mn ON mn.oid = m.tmplnamespace
{comment}
WHERE {made} AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "t.dictname"),
                        "template"_a = qualified("mn.nspname", "m.tmplname"),
                        "comment"_a = comment("pg_ts_dict", "t.oid"),
                        "made"_a = user_made("t.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_ts_dict", "t.oid"))};
}

Query configurations(const QueryParts& parts) {
    return {"ts_configurations",
            fmt::format(R"(
SELECT c.oid,
    'text search configuration' AS kind,
    {name} AS identity,
    NULL AS parent,
    pg_get_userbyid(c.cfgowner) AS owner,
    {parser} AS parser,
    (SELECT string_agg(t.alias || ': ' || x.dicts, E'\n' ORDER BY t.alias COLLATE "C")
     FROM (SELECT m.maptokentype, string_agg(m.mapdict::regdictionary::text, ', '
               ORDER BY m.mapseqno) AS dicts
           FROM pg_ts_config_map m WHERE m.mapcfg = c.oid GROUP BY m.maptokentype) x
     JOIN ts_token_type(c.cfgparser) t ON t.tokid = x.maptokentype) AS mappings,
    d.description AS comment
FROM pg_ts_config c
JOIN pg_namespace n ON n.oid = c.cfgnamespace
JOIN pg_ts_parser p ON p.oid = c.cfgparser
JOIN pg_namespace pn ON pn.oid = p.prsnamespace
{comment}
WHERE {made} AND {visible} AND {own})",
                        "name"_a = qualified("n.nspname", "c.cfgname"),
                        "parser"_a = qualified("pn.nspname", "p.prsname"),
                        "comment"_a = comment("pg_ts_config", "c.oid"),
                        "made"_a = user_made("c.oid"),
                        "visible"_a = parts.visible(),
                        "own"_a = no_member("pg_ts_config", "c.oid"))};
}

Query wrappers(const QueryParts&) {
    return {"wrappers",
            fmt::format(R"(
SELECT f.oid,
    'foreign data wrapper' AS kind,
    quote_ident(f.fdwname) AS identity,
    NULL AS parent,
    pg_get_userbyid(f.fdwowner) AS owner,
    {acl} AS privileges,
    {handler} AS handler,
    {validator} AS validator,
    {options} AS options,
    d.description AS comment
FROM pg_foreign_data_wrapper f
{comment}
WHERE {own})",
                        "acl"_a = acl("f.fdwacl", 'F', "f.fdwowner"),
                        "handler"_a = reference("f.fdwhandler", "regproc"),
                        "validator"_a = reference("f.fdwvalidator", "regproc"),
                        "options"_a = options("f.fdwoptions"),
                        "comment"_a = comment("pg_foreign_data_wrapper", "f.oid"),
                        "own"_a = no_member("pg_foreign_data_wrapper", "f.oid"))};
}

Query servers(const QueryParts&) {
    return {"servers",
            fmt::format(R"(
SELECT s.oid,
    'server' AS kind,
    quote_ident(s.srvname) AS identity,
    NULL AS parent,
    pg_get_userbyid(s.srvowner) AS owner,
    {acl} AS privileges,
    quote_ident(f.fdwname) AS wrapper,
    s.srvtype AS type,
    s.srvversion AS version,
    {options} AS options,
    d.description AS comment
FROM pg_foreign_server s
JOIN pg_foreign_data_wrapper f ON f.oid = s.srvfdw
{comment}
WHERE {own})",
                        "acl"_a = acl("s.srvacl", 'S', "s.srvowner"),
                        "options"_a = options("s.srvoptions"),
                        "comment"_a = comment("pg_foreign_server", "s.oid"),
                        "own"_a = no_member("pg_foreign_server", "s.oid"))};
}

/// Values that look secret stay in the server: only that they are set is part of a fingerprint.
/// The view shows the options of others' mappings to nobody but their owner and superusers.
Query user_mappings(const QueryParts&) {
    return {"user_mappings", R"(
SELECT m.umid,
    'user mapping' AS kind,
    quote_ident(m.usename) || ' on ' || quote_ident(m.srvname) AS identity,
    'server ' || quote_ident(m.srvname) AS parent,
    (SELECT string_agg(CASE WHEN x ~* '^[a-z_]*(pass|secret|key|token)[a-z_]*='
            THEN split_part(x, '=', 1) || '=(set)' ELSE x END, ', ' ORDER BY x COLLATE "C")
     FROM unnest(m.umoptions) x) AS options
FROM pg_user_mappings m)"};
}

}  // namespace

std::vector<Query> text_search_queries(const QueryParts& parts) {
    return {parsers(parts),
            templates(parts),
            dictionaries(parts),
            configurations(parts),
            wrappers(parts),
            servers(parts),
            user_mappings(parts)};
}

}  // namespace poststack::catalog
