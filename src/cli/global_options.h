// The options that every command takes, as a table like those of the commands.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/context.h"

namespace poststack::cli {

/// The words as typed; to_options() checks them.
struct GlobalArgs {
    std::optional<std::string> format;
    bool json = false;
    std::optional<std::string> project;
    std::vector<std::string> files;
    std::optional<std::string> config_file;
    std::optional<std::string> runtime;
    std::optional<std::string> database_url;
    std::optional<std::string> log_level;
    std::optional<std::string> log_dir;
    bool verbose = false;
    bool quiet = false;
    bool yes = false;
    bool help = false;
    bool version = false;
};

/// The table; its targets point into `args`, which must outlive it.
[[nodiscard]] std::vector<Option> global_options(GlobalArgs& args);

/// Errors: usage when two options contradict each other or a word is not allowed.
[[nodiscard]] GlobalOptions to_options(const GlobalArgs& args);

}  // namespace poststack::cli
