#include "cli/commands.h"
#include "cli/stack_command.h"

namespace poststack::cli {

Command make_down_command() {
    return {
        .path = {"down"},
        .summary = "Stop the stack; its data stays",
        .description =
            "Asks the server to disconnect everybody and shut down. When it has not ended after "
            "half of stop_timeout it is stopped at once, and the next start recovers it from "
            "its log of changes; the result says which of the two it was. A .env that cannot be "
            "read does not stop it.",
        .examples = {"down"},
        .run = [](Context& context) {
            return run_down(context, open_session_without_env(context));
        }};
}

Command make_restart_command() {
    return {.path = {"restart"},
            .summary = "Stop the stack and bring it up again",
            .examples = {"restart"},
            .run = [](Context& context) { return run_restart(context, open_session(context)); }};
}

}  // namespace poststack::cli
