// One service of a compose file in canonical form as a value.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/compose_fields.h"
#include "config/compose_model.h"
#include "config/env_file.h"
#include "config/yaml_tree.h"

namespace poststack::config {

/// What the values of a file are relative to.
struct ComposeSurroundings {
    std::filesystem::path directory;  ///< absolute; relative paths start here
    Environment environment;          ///< of the process and .env together
};

/// Makes the service `name` from `node`. Environment files are read here.
/// Errors: config with the place for everything that is wrong or not supported; not_found for an
/// environment file that is not there; io, denied.
[[nodiscard]] ComposeService read_compose_service(const std::string& name,
                                                  const YamlNode& node,
                                                  const ComposeSurroundings& surroundings,
                                                  std::vector<std::string>& ignored);

/// `text` as a path: "~" is HOME, everything relative starts at the directory.
[[nodiscard]] std::filesystem::path compose_path(const std::string& text,
                                                 const ComposeSurroundings& surroundings);

// The parts of a service (compose_service_parts.cc), each from its key in `fields`.

[[nodiscard]] std::vector<ComposePort> read_ports(ComposeFields& fields);
[[nodiscard]] std::vector<ComposeMount> read_mounts(ComposeFields& fields,
                                                    const ComposeSurroundings& surroundings,
                                                    std::vector<std::string>& ignored);
[[nodiscard]] std::optional<ComposeHealthcheck> read_healthcheck(ComposeFields& fields,
                                                                 std::vector<std::string>& ignored);
[[nodiscard]] std::optional<ComposeBuild> read_build(ComposeFields& fields,
                                                     const ComposeSurroundings& surroundings,
                                                     std::vector<std::string>& ignored);
[[nodiscard]] std::vector<ComposeDependency> read_dependencies(ComposeFields& fields,
                                                               std::vector<std::string>& ignored);
[[nodiscard]] std::vector<ComposeNetworkUse> read_network_uses(ComposeFields& fields,
                                                               std::vector<std::string>& ignored);
[[nodiscard]] std::vector<ComposeFileUse> read_file_uses(ComposeFields& fields,
                                                         std::string_view key,
                                                         std::vector<std::string>& ignored);
[[nodiscard]] std::map<std::string, ComposeUlimit> read_ulimits(ComposeFields& fields,
                                                                std::vector<std::string>& ignored);

}  // namespace poststack::config
