// Options and arguments of one command line. The only code that knows CLI11.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/command.h"

namespace poststack::cli {

/// Parses `args` by `options` and returns what is left: the arguments. Values go to the targets.
/// Errors: usage for an unknown option (with the nearest), a missing or surplus value, a word that
/// is not among the choices, a number that is none.
[[nodiscard]] std::vector<std::string> parse_options(std::span<const Option> options,
                                                     std::span<const std::string> path,
                                                     const std::vector<std::string>& args);

/// Hands `values` to the command's arguments in order; the last may take many.
/// Errors: usage for a missing or surplus argument.
void assign_arguments(const Command& command, const std::vector<std::string>& values);

/// `globals` as `command` (null: none) takes them: --format github only where it is written.
[[nodiscard]] std::vector<Option> globals_for(const Command* command,
                                              std::span<const Option> globals);

/// `command`'s options, then those of `globals` whose names it does not use itself.
[[nodiscard]] std::vector<Option> merged_options(const Command& command,
                                                 std::span<const Option> globals);

}  // namespace poststack::cli
