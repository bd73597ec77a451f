// Names of objects and types as they stand in a parse tree.
//
// An object's name is one text, "orders" or "billing.orders"; schema public is left out, so that
// both spellings of one table meet. Names are compared as the parser folded them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lint/tree.h"

namespace poststack::lint {

/// Puts a schema and a name together.
[[nodiscard]] std::string object_name(std::string_view schema, std::string_view name);

/// The name of a RangeVar: {"schemaname": "a", "relname": "b"}.
[[nodiscard]] std::string relation_name(Node range_var);

/// The texts of a list of String nodes.
[[nodiscard]] std::vector<std::string> texts(Node list);

/// A dotted name given as a list of String nodes.
[[nodiscard]] std::string dotted_name(Node list);

/// The same of what DROP lists: a List, a TypeName, an ObjectWithArgs or a String.
[[nodiscard]] std::string dropped_name(Node object);

/// Parts of a list of String nodes: all but the last as a name, and the last.
struct Owned {
    std::string owner;
    std::string name;
};
[[nodiscard]] Owned owned_name(Node list);

/// The part of an object's name in front of the dot, "public" without one.
[[nodiscard]] std::string_view schema_of(std::string_view name) noexcept;

/// An object's name without its schema.
[[nodiscard]] std::string_view bare_name(std::string_view name) noexcept;

/// "\"a\", \"b\" and 3 more" for messages.
[[nodiscard]] std::string quoted_list(const std::vector<std::string>& names);

/// The option of that name in a list of DefElem nodes: its argument; nothing without it.
[[nodiscard]] Node find_option(Node options, std::string_view name) noexcept;

/// True when the list of DefElem nodes has the option.
[[nodiscard]] bool has_option(Node options, std::string_view name) noexcept;

}  // namespace poststack::lint
