// Column types: what they are called and which changes of type cost nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lint/tree.h"

namespace poststack::lint {

/// A type under its internal name: "int4", "varchar" with mods {50}, "timestamptz".
struct Type {
    std::string name;
    std::vector<int> mods = {};
    bool is_array = false;

    friend bool operator==(const Type&, const Type&) = default;
};

/// Reads a TypeName.
[[nodiscard]] Type read_type(Node type_name);

/// As a person writes it: "varchar(50)", "integer[]".
[[nodiscard]] std::string to_text(const Type& type);

/// True for smallserial, serial, bigserial and their other spellings.
[[nodiscard]] bool is_serial(const Type& type) noexcept;

/// True when ALTER COLUMN ... TYPE from one to the other neither rewrites the table nor scans it.
/// Source: PostgreSQL's ATColumnChangeRequiresRewrite and the support functions of varchar,
/// numeric, varbit and the date and time types.
[[nodiscard]] bool is_free_change(const Type& from, const Type& to) noexcept;

/// True when values of any length fit: a change to it may be free, depending on the old type.
[[nodiscard]] bool is_unlimited_text(const Type& type) noexcept;

}  // namespace poststack::lint
