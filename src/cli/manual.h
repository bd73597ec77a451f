// The manual page and the pages in docs/commands, made from the command table.
#pragma once

#include <map>
#include <span>
#include <string>

#include "cli/commands.h"

namespace poststack::cli {

/// poststack(1) in the man macros.
[[nodiscard]] std::string manual_page(const CommandTable& table, std::span<const Option> globals);

/// The files of docs/commands by name: one page a command, and README.md, which lists them.
[[nodiscard]] std::map<std::string, std::string> command_pages(const CommandTable& table,
                                                               std::span<const Option> globals);

}  // namespace poststack::cli
