// Help texts, made from the command table.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"

namespace poststack::cli {

struct HelpStyle {
    std::size_t width = 80;  ///< columns; lines are wrapped to it where words allow
    bool colour = false;
};

/// The page of a command, a group or, with an empty path, of the program.
[[nodiscard]] std::string help_text(const CommandTable& table,
                                    std::span<const Option> globals,
                                    std::span<const std::string> path,
                                    const HelpStyle& style);

/// "poststack database new [options] NAME": one line.
[[nodiscard]] std::string usage_line(const Command& command);

/// "--target-version, --target VERSION".
[[nodiscard]] std::string option_heading(const Option& option);

/// One line that names every exit code; the same on every page.
[[nodiscard]] std::string exit_codes_line();

/// Breaks `text` into lines of at most `width` columns; a longer word stands alone. Each line after
/// the first starts with `indent` blanks. Line breaks in `text` stay.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace poststack::cli
