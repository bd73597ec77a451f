#include "lint/live.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "lint/definitions.h"
#include "lint/names.h"
#include "lint/parser.h"
#include "lint/track.h"

namespace poststack::lint {
namespace {

// Every query starts with schema and name.

/// A partitioned table holds what its partitions hold.
constexpr const char* relations_query = R"(
SELECT n.nspname, c.relname, c.relkind,
       CASE WHEN c.relkind = 'p'
            THEN (SELECT sum(pg_table_size(t.relid)) FROM pg_partition_tree(c.oid) t)
            ELSE pg_table_size(c.oid) END::bigint,
       CASE WHEN c.relkind = 'p'
            THEN (SELECT sum(pg_relation_size(t.relid)) FROM pg_partition_tree(c.oid) t)
            ELSE pg_relation_size(c.oid) END = 0,
       round(CASE WHEN c.relkind = 'p'
            THEN (SELECT sum(p.reltuples) FROM pg_partition_tree(c.oid) t
                  JOIN pg_class p ON p.oid = t.relid WHERE t.isleaf)
            ELSE c.reltuples END)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')";

constexpr const char* columns_query = R"(
SELECT n.nspname, c.relname, a.attname, tn.nspname,
       coalesce(e.typname, t.typname), a.atttypmod, e.oid IS NOT NULL, a.attnotnull,
       a.attgenerated <> ''
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_namespace tn ON tn.oid = t.typnamespace
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY a.attrelid, a.attnum)";

constexpr const char* indexes_query = R"(
SELECT n.nspname, c.relname, x.indisvalid, pg_get_indexdef(x.indexrelid)
FROM pg_index x
JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')";

constexpr const char* constraints_query = R"(
SELECT n.nspname, c.relname,
       format('ALTER TABLE %I.%I ADD CONSTRAINT %I ', n.nspname, c.relname, k.conname)
       || pg_get_constraintdef(k.oid)
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype IN ('c', 'f', 'p', 'u', 'x')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')";

constexpr const char* types_query = R"(
SELECT n.nspname, t.typname, t.typtype,
       t.typnotnull OR EXISTS (SELECT FROM pg_constraint k WHERE k.contypid = t.oid)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype IN ('d', 'e')
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema')";

/// Overloads count as the most changeable of them, except for now() and the like.
constexpr const char* functions_query = R"(
SELECT CASE n.nspname WHEN 'pg_catalog' THEN 'public' ELSE n.nspname END, p.proname,
       bool_or(p.provolatile = 'v')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_(toast|temp)' AND n.nspname <> 'information_schema'
GROUP BY 1, 2)";

class Loader {
  public:
    explicit Loader(pg::Connection& connection) : connection_(connection) {}

    Schema load() {
        connection_.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        schema_.is_live = true;
        each(relations_query, [this](auto&&... row) { add_relation(row...); });
        each(columns_query, [this](auto&&... row) { add_column(row...); });
        each(indexes_query, [this](auto&&... row) { add_index(row...); });
        each(constraints_query, [this](auto&&... row) { add_constraints(row...); });
        each(types_query, [this](auto&&... row) { add_type(row...); });
        each(functions_query, [this](auto&&... row) { add_function(row...); });
        connection_.script("COMMIT");
        return std::move(schema_);
    }

  private:
    /// Calls `add(name, result, row)` for each row.
    template <class Add>
    void each(const char* query, Add&& add) {
        const pg::Result result = connection_.query(query);
        for (std::size_t row = 0; row < result.rows(); ++row)
            add(object_name(result.value(row, 0), result.value(row, 1)), result, row);
    }

    static RelationKind kind_of(char letter) noexcept {
        switch (letter) {
            case 'v': return RelationKind::view;
            case 'm': return RelationKind::materialized_view;
            case 'S': return RelationKind::sequence;
            case 'f': return RelationKind::foreign_table;
            default: return RelationKind::table;
        }
    }

    void add_relation(const std::string& name, const pg::Result& result, std::size_t row) {
        const char letter = result.value(row, 2).front();
        Relation relation;
        relation.kind = kind_of(letter);
        relation.is_partitioned = letter == 'p';
        relation.columns_known = true;
        const bool stores = letter == 'r' || letter == 'p' || letter == 'm';
        if (stores && !result.is_null(row, 3)) {
            relation.size = Size{.bytes = static_cast<std::uint64_t>(result.number(row, 3)),
                                 .is_empty = result.boolean(row, 4),
                                 .rows = result.number(row, 5)};
        }
        schema_.relations.put(name, std::move(relation));
    }

    /// The length, precision and scale behind a type modifier.
    static std::vector<int> read_modifier(std::string_view type, std::int64_t modifier) {
        constexpr int header = 4;  // VARHDRSZ
        constexpr std::int64_t all_digits = 0xffff;
        if (modifier < 0) return {};
        const auto value = static_cast<int>(modifier);
        if (type == "varchar" || type == "bpchar") return {value - header};
        if (type == "numeric") {
            constexpr int scale_bits = 0x7ff;
            const int packed = value - header;
            return {(packed >> 16) & 0xffff, packed & scale_bits};
        }
        if (type == "interval") {
            const std::int64_t digits = modifier & all_digits;
            if (digits == all_digits) return {};
            return {static_cast<int>(digits)};
        }
        return {value};
    }

    void add_column(const std::string& name, const pg::Result& result, std::size_t row) {
        Relation* relation = schema_.relations.edit(name);
        if (relation == nullptr) return;
        const std::string_view type_schema = result.value(row, 3);
        Type type;
        type.name =
            object_name(type_schema == "pg_catalog" ? "" : type_schema, result.value(row, 4));
        type.is_array = result.boolean(row, 6);
        type.mods = read_modifier(type.name, result.number(row, 5));
        relation->columns.push_back({.name = std::string(result.value(row, 2)),
                                     .type = std::move(type),
                                     .not_null = result.boolean(row, 7),
                                     .is_generated = result.boolean(row, 8)});
    }

    void add_index(const std::string& name, const pg::Result& result, std::size_t row) {
        Relation* relation = schema_.relations.edit(name);
        const Parsed parsed = parse(result.value(row, 3));
        const Node body = parsed.statement().as("IndexStmt");
        if (relation == nullptr || !body) return;
        Index index = read_index(body);
        index.valid = result.boolean(row, 2);
        schema_.index_tables.put(index.name, name);
        relation->indexes.push_back(std::move(index));
    }

    void add_constraints(const std::string& name, const pg::Result& result, std::size_t row) {
        const Parsed parsed = parse(result.value(row, 2));
        each_command(parsed.statement().as("AlterTableStmt"), [&](Node command) {
            const auto constraint = read_constraint(command["def"].as("Constraint"), name);
            if (constraint) add_constraint(schema_, name, *constraint);
        });
    }

    void add_type(const std::string& name, const pg::Result& result, std::size_t row) {
        if (result.value(row, 2) == "d") {
            schema_.domains.put(name, {result.boolean(row, 3)});
        } else {
            schema_.enums.put(name, 0);
        }
    }

    void add_function(const std::string& name, const pg::Result& result, std::size_t row) {
        const bool changes = result.boolean(row, 2);
        schema_.functions.put(name, {changes ? Volatility::is_volatile : Volatility::stable, 0});
    }

    pg::Connection& connection_;
    Schema schema_;
};

}  // namespace

Schema load_schema(pg::Connection& connection) {
    return Loader(connection).load();
}

}  // namespace poststack::lint
