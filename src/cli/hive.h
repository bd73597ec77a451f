// The command line of hive's PostgreSQL commands: --postgres-status|start|stop|restart|logs|health
// [WORKSPACE] [--tail N], for scripts that were written for it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace poststack::cli {

/// What was typed as a command of ours: {"--postgres-logs", "shop", "--tail", "5"} becomes {"logs",
/// "--tail", "5", "--project", "shop"}. Nothing when none of hive's commands is in it.
///
/// The workspace is "." when none is named. Errors: usage for two of the commands at once;
/// not_found when the workspace is no directory or has no .env or compose file.
[[nodiscard]] std::optional<std::vector<std::string>> find_hive_command(
    std::span<const std::string> args);

}  // namespace poststack::cli
