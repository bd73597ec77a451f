// What is wrong with a file as a whole, and with the comments that speak to the linter.
#pragma once

#include <span>
#include <vector>

#include "lint/rule.h"
#include "lint/source.h"

namespace poststack::lint {

[[nodiscard]] std::span<const Rule* const> file_rules();

/// Findings about a file that could not be read to its end and about unknown rule names.
[[nodiscard]] std::vector<Finding> check_file(const Source& source);

/// Findings about comments that switch off what was not found; `found` is everything found in the
/// file, before the comments were heard.
[[nodiscard]] std::vector<Finding> check_comments(const Source& source,
                                                  const std::vector<Finding>& found);

}  // namespace poststack::lint
