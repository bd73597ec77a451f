// The first line of every command: from what was typed to project, settings and login.
#pragma once

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

/// The database the command is about (instance/target.h).
[[nodiscard]] instance::Target find_target(Context& context, const Session& session);

/// The same as a login.
[[nodiscard]] pg::ConnInfo find_login(Context& context, const Session& session);

}  // namespace poststack::cli
