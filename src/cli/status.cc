#include <memory>

#include "cli/commands.h"
#include "cli/stack_command.h"

namespace poststack::cli {

Command make_status_command() {
    auto args = std::make_shared<StatusArgs>();
    return {.path = {"status"},
            .summary = "Show what runs, where, and how far it is migrated",
            .description =
                "A stopped stack is an answer like any other: the exit code is 0. Use \"poststack "
                "health\" where the exit code should tell.",
            .options = status_options(*args),
            .examples = {"status", "status --security", "status --json"},
            .run = [args](Context& context) {
                return run_status(context, open_session(context), *args);
            }};
}

Command make_health_command() {
    return {
        .path = {"health"},
        .summary = "Check that the database answers its own login",
        .description =
            "Exits 0 when the server has answered SELECT 1 to the project's own role on its own "
            "database, else 1 with the reason.",
        .examples = {"health", "health --json"},
        .run = [](Context& context) { return run_health(context, open_session(context)); }};
}

}  // namespace poststack::cli
