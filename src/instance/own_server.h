// The project's own native server, for commands that get the database's address from .env: what
// listens there may be another project's server, so it is looked at before anybody logs in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "config/project.h"
#include "config/settings.h"
#include "instance/server.h"
#include "pg/conninfo.h"

namespace poststack::instance {

/// The directory of the project whose data `spec` leads to when that is not `project`'s: data
/// outside of the project is found by an id, which a copied project brought along.
[[nodiscard]] std::optional<std::filesystem::path> find_original(const config::Project& project,
                                                                 const ServerSpec& spec);

/// The port on which the project's own server listens; nothing when this project never had one.
///
/// What an interrupted `up` left unsynced is made durable first: nobody is to be given a database
/// that a power failure would take away.
/// Errors: timeout when the server is stopped; not_found when its data directory is gone; conflict
/// when this is the copy of a project whose data lies outside of it; io.
[[nodiscard]] std::optional<std::uint16_t> own_server_port(const config::Project& project,
                                                           const config::Settings& settings,
                                                           const config::Environment& environment);

}  // namespace poststack::instance
