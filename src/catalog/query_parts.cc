#include "catalog/query_parts.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "pg/connection.h"

namespace poststack::catalog {

/// JIT would compile queries that run for a few milliseconds; a plan made for each list of oids
/// would take longer than running it.
const std::string_view fixed_settings =
    "SELECT set_config('search_path', '', true), set_config('datestyle', 'ISO', true),"
    " set_config('intervalstyle', 'postgres', true), set_config('timezone', 'UTC', true),"
    " set_config('quote_all_identifiers', 'off', true), set_config('bytea_output', 'hex', true),"
    " set_config('extra_float_digits', '1', true), set_config('lc_monetary', 'C', true),"
    " set_config('jit', 'off', true), set_config('row_security', 'on', true),"
    " set_config('statement_timeout', '0', true),"
    " set_config('plan_cache_mode', 'force_generic_plan', true)";

QueryParts::QueryParts(int version, const Scope& scope)
    : version_(version),
      database_(scope.database),
      visible_("n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'") {
    for (const std::string& schema : scope.hidden_schemas)
        visible_ += " AND n.nspname <> " + pg::quote_literal(schema);
}

std::string QueryParts::since(int major, std::string_view text) const {
    return since(major) ? std::string(text) : std::string();
}

std::string user_made(std::string_view oid) {
    return fmt::format("{} >= 16384", oid);
}

std::string member(std::string_view of, std::string_view oid) {
    return fmt::format(
        "{} IN (SELECT objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass"
        " AND classid = '{}'::regclass AND deptype = 'e')",
        oid,
        of);
}

std::string no_member(std::string_view of, std::string_view oid) {
    return "(" + member(of, oid) + ") IS NOT TRUE";
}

std::string acl(std::string_view column, char type, std::string_view owner) {
    constexpr std::string_view sorted =
        "(SELECT coalesce(string_agg(x::text, ', ' ORDER BY x::text COLLATE \"C\"), 'none')"
        " FROM unnest({}) x)";
    const std::string given = fmt::format(fmt::runtime(sorted), column);
    const std::string usual =
        fmt::format(fmt::runtime(sorted), fmt::format("acldefault('{}', {})", type, owner));
    return fmt::format("CASE WHEN {} IS NOT NULL THEN nullif({}, {}) END", column, given, usual);
}

std::string comment(std::string_view of, std::string_view oid, std::string_view column) {
    return fmt::format(
        "LEFT JOIN pg_description d ON d.objoid = {} AND d.classoid = '{}'::regclass"
        " AND d.objsubid = {}",
        oid,
        of,
        column);
}

std::string options(std::string_view column) {
    return fmt::format("(SELECT string_agg(x, ', ' ORDER BY x COLLATE \"C\") FROM unnest({}) x)",
                       column);
}

std::string qualified(std::string_view schema, std::string_view name) {
    return fmt::format("quote_ident({}) || '.' || quote_ident({})", schema, name);
}

std::string collation_name(std::string_view oid) {
    return fmt::format(
        "(SELECT quote_ident(xn.nspname) || '.' || quote_ident(x.collname) FROM pg_collation x"
        " JOIN pg_namespace xn ON xn.oid = x.collnamespace WHERE x.oid = {})",
        oid);
}

std::string reference(std::string_view column, std::string_view type) {
    return fmt::format("CASE WHEN {0} <> 0 THEN {0}::{1}::text END", column, type);
}

namespace {

/// Relations, types and routines are many and change one by one; of the rest there is little. The
/// condition is put to both sides of a join: the server does not conclude one from the other.
std::string_view unit_of(std::string_view query) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 15> units = {{
        {"relations", "c.oid"},
        {"sequences", "s.seqrelid"},
        {"columns", "a.attrelid = ANY ($1) AND c.oid"},
        {"constraints", "k.conrelid = ANY ($1) AND c.oid"},
        {"indexes", "i.indrelid = ANY ($1) AND c.oid"},
        {"triggers", "t.tgrelid = ANY ($1) AND c.oid"},
        {"rules", "r.ev_class = ANY ($1) AND c.oid"},
        {"policies", "p.polrelid = ANY ($1) AND c.oid"},
        {"statistics", "s.stxrelid = ANY ($1) AND c.oid"},
        {"types", "t.oid"},
        {"range_types", "r.rngtypid"},
        {"base_types", "t.oid"},
        {"domain_constraints", "k.contypid"},
        {"routines", "p.oid"},
        {"aggregates", "a.aggfnoid"},
    }};
    const auto* const found = std::find_if(
        units.begin(), units.end(), [&](const auto& one) { return one.first == query; });
    return found == units.end() ? std::string_view() : found->second;
}

}  // namespace

std::vector<Query> catalogue_queries(int version, const Scope& scope) {
    const QueryParts parts(version, scope);
    std::vector<Query> all;
    for (auto group : {relation_queries,
                       relation_part_queries,
                       type_queries,
                       routine_queries,
                       operator_queries,
                       text_search_queries,
                       replication_queries,
                       database_queries}) {
        for (Query& query : group(parts)) {
            query.unit = unit_of(query.name);
            all.push_back(std::move(query));
        }
    }
    return all;
}

}  // namespace poststack::catalog
