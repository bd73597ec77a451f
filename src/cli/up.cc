#include <memory>

#include "cli/commands.h"
#include "cli/stack_command.h"

namespace poststack::cli {

Command make_up_command() {
    auto args = std::make_shared<UpArgs>();
    return {
        .path = {"up"},
        .summary = "Bring the project to a running, migrated database",
        .description =
            "Makes what is missing and starts what is stopped: credentials in .env, the server, "
            "its role and database, extensions and migrations. Done already, it changes "
            "nothing. A container that was made from other settings is made again on the same "
            "volume, and what differs is told. Each step is told with its time; \"ready\" is said "
            "after an answer to "
            "the project's own login.",
        .options = {{.names = "--port,--postgres-port",
                     .value = "PORT",
                     .help = "Listen on this port of this machine",
                     .target = &args->port},
                    recreate_option(*args)},
        .examples = {"up", "up --port 5433", "up --recreate --json"},
        .run = [args](Context& context) {
            const Session session = open_session(context, port_flags("--port", args->port));
            return run_up(context, session, true, args->recreate);
        }};
}

}  // namespace poststack::cli
