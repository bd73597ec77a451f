// The tokens of a statement, for what the parser cannot tell.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace poststack::lint {

/// The first `limit` tokens without comments; unquoted words in lower case, quoted ones without
/// their quotes.
[[nodiscard]] std::vector<std::string> first_words(std::string_view sql, std::size_t limit);

/// Where `wanted` stands in `words` as a run; words.size() when nowhere.
[[nodiscard]] std::size_t find_run(const std::vector<std::string>& words,
                                   const std::vector<std::string>& wanted) noexcept;

}  // namespace poststack::lint
