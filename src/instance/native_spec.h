// From a project and its settings to its native server.
#pragma once

#include <optional>

#include "config/project.h"
#include "config/settings.h"
#include "instance/server.h"
#include "pg/conninfo.h"

namespace poststack::instance {

/// Everything that decides the native server of `project`. Looks at files, makes nothing.
/// Errors: config, not_found (see choose_place).
[[nodiscard]] ServerSpec make_server_spec(const config::Project& project,
                                          const config::Settings& settings,
                                          const config::Environment& environment);

/// The superuser's login at the project's running server, through its socket by peer; nothing when
/// it does not run.
[[nodiscard]] std::optional<pg::ConnInfo> find_superuser_login(
    const config::Project& project,
    const config::Settings& settings,
    const config::Environment& environment);

}  // namespace poststack::instance
