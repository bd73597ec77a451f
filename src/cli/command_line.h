// Finding the command in what was typed. Options are left to cli/parser.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/commands.h"

namespace poststack::cli {

/// A command line cut at its command words.
struct CommandLine {
    std::vector<std::string> path;     ///< the words: {"database", "migrate"}; empty for none
    const Command* command = nullptr;  ///< null when the path is only a group
    std::vector<std::string> before;   ///< options typed before or between the words
    std::vector<std::string> after;    ///< everything behind the words
};

/// Splits `args` (without argv[0]) into words and the rest. `globals` tells which options before
/// the words take a value. An own option of the command may stand only behind its words.
/// Errors: usage for an unknown command or option, with the nearest known one.
[[nodiscard]] CommandLine split_command_line(const CommandTable& table,
                                             std::span<const Option> globals,
                                             std::span<const std::string> args);

/// The words that may follow `path`: commands and groups, in table order.
[[nodiscard]] std::vector<std::string> next_words(const CommandTable& table,
                                                  std::span<const std::string> path);

/// The command with exactly these words; null when there is none.
[[nodiscard]] const Command* find_command(const CommandTable& table,
                                          std::span<const std::string> path);

/// The names of an option one by one: {"--target-version", "--target"}.
[[nodiscard]] std::vector<std::string> option_names(const Option& option);

/// The first long name, the one to use in messages: "--target-version".
[[nodiscard]] std::string long_name(const Option& option);

/// Whether the option has no value.
[[nodiscard]] bool is_flag(const Option& option);

/// "unknown option "--jsn"" with the nearest of `options` as hint; `path` leads to the help.
[[nodiscard]] Error unknown_option(std::string_view typed,
                                   std::span<const Option> options,
                                   std::span<const std::string> path);

/// `poststack database migrate`, quoted for a hint.
[[nodiscard]] std::string command_text(std::span<const std::string> path);

}  // namespace poststack::cli
