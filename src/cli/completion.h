// Shell completion scripts, made from the command table. They need no poststack at completion time.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.h"

namespace poststack::cli {

[[nodiscard]] std::string bash_completion(const CommandTable& table,
                                          std::span<const Option> globals);
[[nodiscard]] std::string zsh_completion(const CommandTable& table,
                                         std::span<const Option> globals);
[[nodiscard]] std::string fish_completion(const CommandTable& table,
                                          std::span<const Option> globals);

/// One place in the command line and what may stand there; the scripts are written from these.
struct CompletionPoint {
    std::vector<std::string> path;   ///< {} for the program itself
    const Command* command;          ///< null for a group
    std::vector<std::string> words;  ///< commands and groups that may follow
    std::vector<Option> options;     ///< own and global ones
};

/// Every path of the table, the program itself first.
[[nodiscard]] std::vector<CompletionPoint> completion_points(const CommandTable& table,
                                                             std::span<const Option> globals);

/// The summary of the command or group at `path`.
[[nodiscard]] std::string summary_of(const CommandTable& table, std::span<const std::string> path);

/// What a value placeholder stands for.
enum class ValueKind { words, file, directory, other };
[[nodiscard]] ValueKind value_kind(const Option& option);

/// The words that can stand as the first argument: its choices.
[[nodiscard]] std::vector<std::string> argument_choices(const Command* command);

/// Every option that takes a value, all names of each, without repetitions.
[[nodiscard]] std::vector<std::string> value_option_names(const CommandTable& table,
                                                          std::span<const Option> globals);

}  // namespace poststack::cli
