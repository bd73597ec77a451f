// A small line diff for the bodies of functions and views.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace poststack::catalog {

/// The lines that turn `before` into `after`: "- old", "+ new", "  same" for up to `around` lines
/// beside a difference, "..." where more lines are the same.
///
/// Takes time and memory of the product of the differing parts' lengths, so parts beyond 2000 lines
/// are shown as removed and added as a whole.
[[nodiscard]] std::vector<std::string> line_diff(std::string_view before,
                                                 std::string_view after,
                                                 std::size_t around = 2);

}  // namespace poststack::catalog
