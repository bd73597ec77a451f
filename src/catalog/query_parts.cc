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

struct Unit {
    std::string_view query;
    Family family;
    std::string_view column;
    std::string_view table = {};
    std::vector<Kind> kinds = {};
};

/// Relations, types and routines are many and change one by one; of the rest there is little. The
/// condition is put to both sides of a join: the server does not conclude one from the other.
std::vector<Unit> units() {
    using enum Family;
    return {
        {"relations", relation, "c.oid"},
        {"sequences", relation, "s.seqrelid", "pg_sequence", {Kind::sequence}},
        {"columns", relation, "a.attrelid = ANY ($1) AND c.oid"},
        {"constraints",
         relation,
         "k.conrelid = ANY ($1) AND c.oid",
         "pg_constraint",
         {Kind::constraint}},
        {"indexes", relation, "i.indrelid = ANY ($1) AND c.oid", "pg_index", {Kind::index}},
        {"triggers",
         relation,
         "t.tgrelid = ANY ($1) AND c.oid",
         "pg_trigger",
         {Kind::trigger, Kind::constraint_trigger}},
        {"rules", relation, "r.ev_class = ANY ($1) AND c.oid", "pg_rewrite", {Kind::rule}},
        {"policies", relation, "p.polrelid = ANY ($1) AND c.oid", "pg_policy", {Kind::policy}},
        {"statistics",
         relation,
         "s.stxrelid = ANY ($1) AND c.oid",
         "pg_statistic_ext",
         {Kind::statistics}},
        {"types", type, "t.oid"},
        {"range_types", type, "r.rngtypid", "pg_range", {Kind::range_type}},
        {"base_types", type, "t.oid"},
        {"domain_constraints", type, "k.contypid", "pg_constraint", {Kind::domain_constraint}},
        {"routines", routine, "p.oid"},
        {"aggregates", routine, "a.aggfnoid", "pg_aggregate", {Kind::aggregate}},
    };
}

void add_unit(Query& query, const std::vector<Unit>& known) {
    const auto found = std::find_if(
        known.begin(), known.end(), [&](const Unit& one) { return one.query == query.name; });
    if (found == known.end()) return;
    query.unit = found->column;
    query.family = found->family;
    query.table = found->table;
    query.kinds = found->kinds;
}

}  // namespace

Family family_of(Kind kind) noexcept {
    switch (kind) {
        case Kind::sequence:
        case Kind::table:
        case Kind::foreign_table:
        case Kind::column:
        case Kind::attribute:
        case Kind::column_order:
        case Kind::constraint:
        case Kind::index:
        case Kind::view:
        case Kind::materialized_view:
        case Kind::rule:
        case Kind::trigger:
        case Kind::constraint_trigger:
        case Kind::policy:
        case Kind::statistics: return Family::relation;
        case Kind::enumeration:
        case Kind::domain:
        case Kind::domain_constraint:
        case Kind::composite_type:
        case Kind::range_type:
        case Kind::base_type: return Family::type;
        case Kind::function:
        case Kind::procedure:
        case Kind::aggregate: return Family::routine;
        default: return Family::whole;
    }
}

std::vector<Query> catalogue_queries(int version, const Scope& scope) {
    const QueryParts parts(version, scope);
    const std::vector<Unit> known = units();
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
            add_unit(query, known);
            all.push_back(std::move(query));
        }
    }
    return all;
}

}  // namespace poststack::catalog
