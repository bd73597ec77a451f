// What the linter knows about the database at one point of the chain of migrations: from the files
// read so far, and with a login from the live catalogue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/layered.h"
#include "lint/types.h"

namespace poststack::lint {

struct Column {
    std::string name = {};
    Type type = {};
    bool not_null = false;
    bool is_generated = false;
};

struct Index {
    std::string name = {};
    std::vector<std::string> columns = {};  ///< "" for an expression
    std::string method = "btree";
    bool unique = false;
    bool partial = false;
    bool valid = true;
};

enum class ConstraintKind : std::uint8_t { check, unique, primary_key, foreign_key, exclusion };

struct Constraint {
    std::string name = {};
    ConstraintKind kind = ConstraintKind::check;
    std::vector<std::string> columns = {};   ///< of keys
    std::vector<std::string> not_null = {};  ///< columns that a check shows to be not null
    std::string target = {};                 ///< the table a foreign key points at
    bool has_comparison = false;             ///< of a check: it compares something, as bounds do
    bool valid = true;
};

enum class RelationKind : std::uint8_t { table, view, materialized_view, sequence, foreign_table };

/// How big a relation of the live catalogue is.
struct Size {
    std::uint64_t bytes = 0;
    bool is_empty = false;   ///< never a row, or none since TRUNCATE
    std::int64_t rows = -1;  ///< the planner's estimate; below 0: never analysed
};

struct Relation {
    RelationKind kind = RelationKind::table;
    std::size_t made_by = 0;  ///< number of the pair of files that made it; 0: it was there
    bool made_by_select = false;
    bool is_temporary = false;
    bool is_partitioned = false;
    std::string parent = {};        ///< of a partition
    bool columns_known = false;     ///< all of them are listed
    std::optional<Size> size = {};  ///< nothing without the live catalogue
    std::vector<Column> columns = {};
    std::vector<Constraint> constraints = {};
    std::vector<Index> indexes = {};  ///< those of constraints too

    [[nodiscard]] const Column* find_column(std::string_view name) const noexcept;
    [[nodiscard]] Column* find_column(std::string_view name) noexcept;
    [[nodiscard]] const Constraint* find_constraint(std::string_view name) const noexcept;
    [[nodiscard]] bool has_primary_key() const noexcept;

    /// True when an index starts with these columns, in any order, and holds every row.
    [[nodiscard]] bool has_index_for(const std::vector<std::string>& key) const;

    /// True when the column is known to be not null, or a valid check says so.
    [[nodiscard]] bool proves_not_null(std::string_view column) const noexcept;
};

struct Domain {
    bool is_constrained = false;
};

enum class Volatility : std::uint8_t { immutable, stable, is_volatile };

struct Function {
    Volatility volatility = Volatility::is_volatile;
    std::size_t made_by = 0;  ///< number of the pair that first made it
};

struct Schema {
    Schema() = default;

    /// Starts as `below`, which must outlive this and not change meanwhile.
    explicit Schema(const Schema* below) noexcept
        : relations(&below->relations),
          index_tables(&below->index_tables),
          domains(&below->domains),
          functions(&below->functions),
          enums(&below->enums),
          is_live(below->is_live) {}

    Layered<Relation> relations;
    Layered<std::string> index_tables;  ///< index name to table name
    Layered<Domain> domains;
    Layered<Function> functions;
    Layered<std::size_t> enums;  ///< enum types, by the number of the pair that made them
    bool is_live = false;        ///< it started from a catalogue: what is not in it is not there

    /// The table of an index; nothing when the index is not known.
    [[nodiscard]] const Relation* table_of_index(std::string_view index) const;
};

}  // namespace poststack::lint
