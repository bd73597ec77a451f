#include "cli/hive.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "config/compose_file.h"
#include "sys/file.h"

namespace poststack::cli {

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// What hive called a command, and our words for it.
struct HiveCommand {
    std::string_view option;
    std::string_view group;  ///< "container", or empty
    std::string_view word;
};

constexpr std::array<HiveCommand, 6> hive_commands = {{
    {"--postgres-status", "", "status"},
    {"--postgres-start", "container", "start"},
    {"--postgres-stop", "container", "stop"},
    {"--postgres-restart", "container", "restart"},
    {"--postgres-logs", "", "logs"},
    {"--postgres-health", "", "health"},
}};

const HiveCommand* find(std::string_view typed) {
    const std::string_view name = typed.substr(0, typed.find('='));
    const auto at = std::find_if(hive_commands.begin(),
                                 hive_commands.end(),
                                 [&](const auto& known) { return known.option == name; });
    return at == hive_commands.end() ? nullptr : &*at;
}

/// A workspace is what hive made: a directory with .env and a compose file.
void check_workspace(const std::string& workspace) {
    const fs::path directory = fs::path(workspace).lexically_normal();
    const auto info = sys::find_info(directory, true);
    if (!info || info->type != sys::FileType::directory) {
        throw Error(ErrorKind::not_found,
                    fmt::format("workspace \"{}\" is not a directory", workspace))
            .hint("Give the directory of the project, or none for this one.");
    }
    if (!sys::find_info(directory / ".env")) {
        throw Error(ErrorKind::not_found, fmt::format("workspace \"{}\" has no .env", workspace))
            .hint(fmt::format("Make it: poststack init --project {}", workspace));
    }
    if (config::find_compose_files(directory).empty()) {
        throw Error(ErrorKind::not_found,
                    fmt::format("workspace \"{}\" has no compose file", workspace))
            .hint(fmt::format(
                "Make one: poststack compose render --project {} --output docker-compose.yml",
                workspace));
    }
}

}  // namespace

std::optional<Words> find_hive_command(std::span<const std::string> args) {
    const HiveCommand* command = nullptr;
    std::string workspace = ".";
    Words rest;
    for (std::size_t index = 0; index < args.size() && args[index] != "--"; ++index) {
        const HiveCommand* found = find(args[index]);
        if (found == nullptr) {
            rest.push_back(args[index]);
            continue;
        }
        if (command != nullptr) {
            throw Error(
                ErrorKind::usage,
                fmt::format("{} and {} cannot be done at once", command->option, found->option))
                .hint("Give one of them.");
        }
        command = found;
        const auto equals = args[index].find('=');
        if (equals != std::string::npos) {
            workspace = args[index].substr(equals + 1);
        } else if (index + 1 < args.size() && !args[index + 1].starts_with('-')) {
            workspace = args[++index];
        }
    }
    if (command == nullptr) return std::nullopt;
    check_workspace(workspace);
    Words words;
    if (!command->group.empty()) words.emplace_back(command->group);
    words.emplace_back(command->word);
    words.insert(words.end(), rest.begin(), rest.end());
    words.insert(words.end(), {"--project", workspace});
    return words;
}

}  // namespace poststack::cli
