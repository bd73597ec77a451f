// What up, down, status, health and the container commands share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/session.h"
#include "workflow/stack.h"

namespace poststack::cli {

/// The request for `session`; with text output each step is told on stderr as it ends.
[[nodiscard]] workflow::StackRequest stack_request(Context& context, const Session& session);

/// Flags that --port P becomes.
[[nodiscard]] config::Flags port_flags(const std::string& option, const std::optional<int>& port);

/// Checks the NAME arguments of the container commands: the stack's one server, by its service
/// name, its container name or the project's. Errors: not_found for anything else.
void check_names(const Session& session, const std::vector<std::string>& names);

struct UpArgs {
    std::optional<int> port;
    bool recreate = false;
};

/// The option --recreate of what starts the server.
[[nodiscard]] Option recreate_option(UpArgs& args);

/// Runs up (or only the server) and prints the result.
int run_up(Context& context, const Session& session, bool with_migrations, bool recreate);
int run_down(Context& context, const Session& session);
/// As run_down(), but a container is kept.
int run_stop(Context& context, const Session& session);
int run_restart(Context& context, const Session& session);

struct StatusArgs {
    bool security = false;
    bool strict = false;
};

/// The options --security and --strict.
[[nodiscard]] std::vector<Option> status_options(StatusArgs& args);

/// 1 when `strict` and something was not granted.
int run_status(Context& context, const Session& session, const StatusArgs& args);
int run_health(Context& context, const Session& session);

struct LogsArgs {
    std::vector<std::string> services;
    std::optional<int> tail;
    bool follow = false;
};

/// Prints the server's log; with `follow` until interrupted.
int run_logs(Context& context, const Session& session, const LogsArgs& args);

}  // namespace poststack::cli
