// Compose files as the stack's description: read, merged, checked (docs/compose.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/compose_model.h"
#include "config/env_file.h"

namespace poststack::config {

struct ComposeSelection {
    std::vector<std::filesystem::path> files;  ///< absolute, base file first
    std::vector<std::string> profiles = {};    ///< switched on; "*" is all
    std::vector<std::string> targets = {};     ///< services asked for by name: on, whatever profile
    std::string project_name = {};             ///< for the names of volumes and networks
    Environment environment = {};              ///< the process's, and .env's behind it
};

/// The compose file of a directory and its override, as docker compose looks for them:
/// compose.yaml, compose.yml, docker-compose.yml, docker-compose.yaml, and the same with
/// ".override" before the ending. Empty when there is none.
[[nodiscard]] std::vector<std::filesystem::path> find_compose_files(
    const std::filesystem::path& directory);

/// Reads the files, replaces variables, resolves `extends`, merges, and keeps the services that the
/// profiles switch on.
///
/// Errors: config with file, line and column for everything that is wrong, refers to what is not
/// there, goes in a circle, or is not supported; not_found for a missing file; io, denied.
[[nodiscard]] ComposeProject load_compose(const ComposeSelection& selection);

/// Services in an order in which each comes behind those it depends on; within that, by name.
[[nodiscard]] std::vector<std::string> start_order(const ComposeProject& project);

}  // namespace poststack::config
