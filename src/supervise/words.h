// Splitting command lines and KEY="value" lists the way supervisord does (Python's shlex).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace poststack::supervise {

/// Splits `command` into words: quotes and backslashes as in a POSIX shell, nothing else of one.
/// Nothing when a quote stays open or a backslash ends the text.
[[nodiscard]] std::optional<std::vector<std::string>> split_command(std::string_view command);

using Variables = std::vector<std::pair<std::string, std::string>>;

/// Reads KEY=value,KEY2="value with, commas". Nothing when it is not of this form.
[[nodiscard]] std::optional<Variables> split_variables(std::string_view text);

/// Words parted by commas, trimmed, empty ones left out.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

}  // namespace poststack::supervise
