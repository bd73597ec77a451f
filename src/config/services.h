// What the compose file says about who reads a variable.
#pragma once

#include <string>
#include <vector>

#include "config/project.h"

namespace poststack::config {

/// Services of the project's compose file that get one of `variables`: by ${NAME} anywhere in
/// their definition, or by an env_file that is the project's .env. Empty without a compose file.
/// Errors: config for a file that is no YAML.
[[nodiscard]] std::vector<std::string> services_using(const Project& project,
                                                      const std::vector<std::string>& variables);

}  // namespace poststack::config
