// The process environment.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace poststack::sys {

/// The value of a variable; nothing when unset (an empty value is a value).
[[nodiscard]] std::optional<std::string> find_env(const std::string& name);

/// A copy of the whole environment.
[[nodiscard]] std::map<std::string, std::string> environment();

/// True when stdin, stdout, stderr (0, 1, 2) is a terminal.
[[nodiscard]] bool is_terminal(int fd) noexcept;

/// Columns of the terminal on stdout, or COLUMNS, or 0 when output does not go to a terminal.
[[nodiscard]] std::size_t terminal_width();

}  // namespace poststack::sys
