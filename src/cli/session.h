// The first line of every command: from what was typed to project, settings and login.
#pragma once

#include <cstdint>
#include <optional>

#include "cli/context.h"
#include "config/settings.h"
#include "instance/target.h"
#include "pg/conninfo.h"

namespace poststack::cli {

/// Project, .env and settings; the fields are `project`, `env`, `settings`.
using Session = config::Configuration;

/// What was typed and where, for config::locate_project().
[[nodiscard]] config::LocateOptions locate_options(const Context& context);

/// Loads everything, tells the user the notices, and adds the log file to context.logger.
///
/// `flags` are a command's own options by key; the global ones (--runtime, --log-dir, --log-level)
/// are added here. Errors: config, not_found, denied.
[[nodiscard]] Session open_session(Context& context, config::Flags flags = {});

/// The same for what an operator needs when .env is broken: it is a warning then, and counts as
/// empty. For commands that neither log in nor write to it.
[[nodiscard]] Session open_session_without_env(Context& context);

/// The database the command is about (instance/target.h).
[[nodiscard]] instance::Target find_target(Context& context, const Session& session);

/// The port of the project's own server when the command is about that; nothing for any other
/// database. Errors: see instance::own_server_port.
[[nodiscard]] std::optional<std::uint16_t> find_own_port(Context& context,
                                                         const Session& session,
                                                         const instance::Target& target);

/// The same as a login. For the project's own stack: at the server that runs, whatever else may
/// listen at the port in .env. Errors also: timeout when that server is stopped.
[[nodiscard]] pg::ConnInfo find_login(Context& context, const Session& session);

}  // namespace poststack::cli
