// Columns, constraints and indexes as statements define them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lint/schema.h"
#include "lint/tree.h"

namespace poststack::lint {

/// A column with what stands behind its type.
struct ColumnDefinition {
    Column column = {};
    std::vector<Constraint> constraints = {};  ///< all but NOT NULL, which is in the column
    Node default_value = {};                   ///< the expression; nothing without DEFAULT
    bool is_identity = false;
    bool is_generated = false;
};

/// Reads the body of a ColumnDef.
[[nodiscard]] ColumnDefinition read_column(Node body, std::string_view table);

/// Reads the body of a Constraint; nothing for what is none in the schema (DEFAULT, NULL, ...).
/// An unnamed one gets the name the server would choose. `column` is set for one in a column.
[[nodiscard]] std::optional<Constraint> read_constraint(Node body,
                                                        std::string_view table,
                                                        std::string_view column = {});

/// Reads the body of an IndexStmt.
[[nodiscard]] Index read_index(Node body);

/// The index that a constraint brings along; nothing for checks and foreign keys.
[[nodiscard]] std::optional<Index> index_of(const Constraint& constraint);

/// The name the server gives: "orders_customer_id_idx".
[[nodiscard]] std::string default_name(std::string_view table,
                                       const std::vector<std::string>& columns,
                                       std::string_view label);

/// Calls `visit` with the body of each AlterTableCmd of an ALTER TABLE on a table.
template <class Visit>
void each_command(Node alter_table, Visit&& visit) {
    for (const Node command : alter_table["cmds"])
        visit(command.as("AlterTableCmd"));
}

}  // namespace poststack::lint
