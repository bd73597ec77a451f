// PostgreSQL 15's own parser, by libpg_query.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lint/tree.h"

namespace poststack::lint {

struct Parsed {
    std::optional<Tree> tree;  ///< of one statement; nothing when the parser did not accept it
    std::string reason;        ///< why not
    std::size_t refused_at = std::string::npos;  ///< the byte at which the parser gave up

    /// The statement's node: {"IndexStmt": {...}}.
    [[nodiscard]] Node statement() const noexcept;
};

/// Parses one statement (no semicolon needed).
///
/// A refusal says little: the grammar is that of PostgreSQL 15, and what came later is refused
/// like a mistake is. Statements of very many tokens are not tried, because libpg_query writes
/// trees by recursion and would overrun the stack.
[[nodiscard]] Parsed parse(std::string_view sql);

}  // namespace poststack::lint
