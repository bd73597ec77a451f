// Which functions give another value for every row.
#pragma once

#include "lint/schema.h"
#include "lint/tree.h"

namespace poststack::lint {

/// The name of a function in the expression whose value differs from row to row, so that ADD
/// COLUMN ... DEFAULT must write each of them; "" when there is none. A function that is neither
/// the server's own nor declared in the files is taken for volatile, as the server does.
[[nodiscard]] std::string volatile_function(Node expression, const Schema& schema);

}  // namespace poststack::lint
