// From a project and its settings to its native server.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/project.h"
#include "config/settings.h"
#include "instance/server.h"

namespace poststack::instance {

/// Everything that decides the native server of `project`. Looks at files, makes nothing.
/// Errors: config, not_found (see choose_place).
[[nodiscard]] ServerSpec make_server_spec(const config::Project& project,
                                          const config::Settings& settings,
                                          const config::Environment& environment);

/// The setting postgres_settings, taken apart. Errors: config for an item that is not name=value.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> extra_settings(
    const config::Settings& settings);

}  // namespace poststack::instance
