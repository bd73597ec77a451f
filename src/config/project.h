// A project: the directory that holds .env, poststack.yaml, compose.yaml, migrations/ and so on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/env_file.h"
#include "sys/file.h"

namespace poststack::config {

struct Project {
    std::filesystem::path directory;    ///< absolute, without symlinks
    std::string name;                   ///< PRODUCT.md, "Words"; normalised as compose does
    std::string name_source;            ///< "compose.yaml:1", "directory", ...
    std::filesystem::path env_file;     ///< DIR/.env; may not exist
    std::filesystem::path config_file;  ///< DIR/poststack.yaml or --config-file; may not exist
    std::filesystem::path state_dir;    ///< DIR/.poststack, or .poststack/stacks/<name> with -f
    std::filesystem::path migrations;   ///< from the settings, absolute
    std::filesystem::path log_dir;      ///< from the settings, absolute
    std::string id;                     ///< UUID of this stack; "" before the first init or up
    std::optional<std::filesystem::path> compose_file;  ///< what -f chose, else what is there
    std::vector<std::filesystem::path> compose_files;   ///< that one and what is laid upon it

    /// `path` below the project's directory, as a person would type it there; else absolute.
    [[nodiscard]] std::string display(const std::filesystem::path& path) const;
};

struct LocateOptions {
    std::filesystem::path current_directory;
    std::optional<std::filesystem::path> project_directory;  ///< --project
    std::vector<std::filesystem::path> compose_files = {};   ///< -f
    std::optional<std::filesystem::path> config_file = {};   ///< --config-file
    Environment environment = {};
    bool lenient_env = false;  ///< a .env that cannot be used is a notice and counts as empty
};

/// Refuses a directory that cannot be a project's. PostgreSQL writes its path into files of one
/// line a value, and JSON can hold nothing but UTF-8. Errors: config.
void check_directory_name(const std::filesystem::path& directory);

/// Finds the project's directory and files; reads nothing but names.
///
/// Without --project and -f it is the current directory; when that holds none of a project's files
/// and a parent does, that parent (never the home directory or what is above it). With -f the
/// file's directory.
/// Errors: not_found for a directory or file that is not there; config for a directory whose name
/// check_directory_name() refuses.
[[nodiscard]] Project locate_project(const LocateOptions& options);

/// Sets name, state_dir and id. Errors: config for a name that compose would refuse.
void identify_project(Project& project, const EnvFile& env, const Environment& environment);

/// Lower case, only [a-z0-9_-], beginning with a letter or digit: what compose makes of a name.
[[nodiscard]] std::string normalise_name(std::string_view name);

/// Makes state_dir (0700, with a .gitignore that holds "*") and the stack's id when missing, and
/// sets project.id. Two at once agree on one id. Errors: denied, io.
void ensure_state(Project& project);

/// Whose the files we make in the project are: for root the owner of the project's directory.
[[nodiscard]] std::optional<sys::Owner> file_owner(const Project& project);

}  // namespace poststack::config
