// Keeps the known schema in step with the statements read.
#pragma once

#include <cstddef>
#include <string>

#include "lint/schema.h"
#include "lint/tree.h"

namespace poststack::lint {

/// Applies one statement of pair number `pair` to the schema. What it does not follow changes
/// nothing.
void track(Schema& schema, Node statement, std::size_t pair);

/// The part of track() for the body of an AlterTableStmt.
void track_alter_table(Schema& schema, Node body);

/// The relation for changing; an unknown one is taken as there, with nothing known about it.
[[nodiscard]] Relation& known_relation(Schema& schema, const std::string& name);

/// Adds a constraint with the index it brings.
void add_constraint(Schema& schema, const std::string& table, const Constraint& constraint);

/// Adds a column with its constraints.
struct ColumnDefinition;
void add_column(Schema& schema, const std::string& table, const ColumnDefinition& definition);

}  // namespace poststack::lint
