// The first files of a project.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"

namespace poststack::workflow {

/// What the user chose; nothing means the default.
struct InitPlan {
    std::filesystem::path directory;     ///< absolute; made when missing (its parent exists)
    std::optional<std::string> runtime;  ///< "native", ...
    std::optional<std::uint16_t> port;
    std::vector<std::string> extensions;
    std::optional<std::string> credentials;  ///< "postgres", "hive", "semantik"
    std::optional<std::filesystem::path> config_file;
    config::Environment environment;
};

struct InitResult {
    config::Project project;
    std::vector<std::string> created;  ///< paths below the directory, in order
    std::vector<std::string> changed;  ///< existing files that got a line: .env, .gitignore
    std::vector<std::string> kept;     ///< was there already
    std::vector<std::string> notices;
};

/// Writes what is missing and touches nothing else; running it again completes it.
///
/// A choice that an existing poststack.yaml contradicts is not written and said in the notices.
/// Errors: config, conflict (a file in a folder's place), denied, io.
[[nodiscard]] InitResult init(const InitPlan& plan);

}  // namespace poststack::workflow
