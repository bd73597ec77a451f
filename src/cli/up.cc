#include <memory>

#include "cli/commands.h"
#include "cli/stack_command.h"

namespace poststack::cli {

Command make_up_command() {
    auto port = std::make_shared<std::optional<int>>();
    return {
        .path = {"up"},
        .summary = "Bring the project to a running, migrated database",
        .description =
            "Makes what is missing and starts what is stopped: credentials in .env, the server, "
            "its role and database, extensions and migrations. Done already, it changes "
            "nothing. Each step is told with its time; \"ready\" is said after an answer to "
            "the project's own login.",
        .options = {{.names = "--port,--postgres-port",
                     .value = "PORT",
                     .help = "Listen on this port of this machine",
                     .target = port.get()}},
        .examples = {"up", "up --port 5433", "up --json"},
        .run = [port](Context& context) {
            return run_up(context, open_session(context, port_flags("--port", *port)), true);
        }};
}

}  // namespace poststack::cli
