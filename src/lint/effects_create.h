// The part of effects_of() for statements that make objects.
#pragma once

#include <vector>

#include "lint/definitions.h"
#include "lint/effects.h"
#include "lint/tree.h"

namespace poststack::lint {

/// Adds what a CREATE statement makes; nothing for other statements.
void add_created(Node statement, std::vector<Effect>& effects);

/// Adds the types and tables that a column needs from outside of its table.
void add_uses(Effect& effect, const ColumnDefinition& definition);

/// The effect of making an object.
[[nodiscard]] Effect make_effect(std::string_view kind, std::string name, std::string parent = {});

/// The columns that an IndexStmt or a Constraint names, "" for expressions.
[[nodiscard]] std::vector<std::string> columns_in(Node part);

}  // namespace poststack::lint
