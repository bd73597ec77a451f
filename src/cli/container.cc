// `container ...`: the stack's one server, as a container or, on the native runtime, as a process.
#include <memory>

#include "cli/commands.h"
#include "cli/stack_command.h"

namespace poststack::cli {

namespace {

using Run = int (*)(Context&, const Session&);

struct ContainerArgs {
    std::vector<std::string> names;
    UpArgs up = {};
};

Argument names_argument(std::vector<std::string>& names) {
    return {.name = "NAME", .help = "Server, when several are meant", .target = &names};
}

Command simple(std::string word, std::string summary, Run run, bool without_env = false) {
    auto args = std::make_shared<ContainerArgs>();
    return {.path = {"container", word},
            .summary = std::move(summary),
            .arguments = {names_argument(args->names)},
            .examples = {"container " + word, "container " + word + " postgres"},
            .run = [args, run, without_env](Context& context) {
                const Session session =
                    without_env ? open_session_without_env(context) : open_session(context);
                check_names(session, args->names);
                return run(context, session);
            }};
}

}  // namespace

Command make_container_start_command() {
    auto args = std::make_shared<ContainerArgs>();
    return {.path = {"container", "start"},
            .summary = "Start the database server",
            .description = "As \"poststack up\", without the migrations.",
            .options = {{.names = "--postgres-port,--port",
                         .value = "PORT",
                         .help = "Listen on this port of this machine",
                         .target = &args->up.port},
                        recreate_option(args->up)},
            .arguments = {names_argument(args->names)},
            .examples = {"container start", "container start --postgres-port 5433"},
            .run = [args](Context& context) {
                const Session session =
                    open_session(context, port_flags("--postgres-port", args->up.port));
                check_names(session, args->names);
                return run_up(context, session, false, args->up.recreate);
            }};
}

Command make_container_stop_command() {
    return simple("stop", "Stop the database server; its data stays", run_stop, true);
}

Command make_container_restart_command() {
    return simple("restart", "Stop the database server and start it again", run_restart);
}

Command make_container_status_command() {
    auto args = std::make_shared<StatusArgs>();
    auto names = std::make_shared<ContainerArgs>();
    return {.path = {"container", "status"},
            .summary = "Show the database server",
            .options = status_options(*args),
            .arguments = {names_argument(names->names)},
            .examples = {"container status", "container status postgres --security"},
            .run = [args, names](Context& context) {
                const Session session = open_session(context);
                check_names(session, names->names);
                return run_status(context, session, *args);
            }};
}

Command make_container_health_command() {
    return simple("health", "Check that the database server answers", run_health);
}

Command make_container_logs_command() {
    Command command = make_server_logs_command();
    command.path = {"container", "logs"};
    command.summary = "Show the database server's output";
    command.examples = {"container logs", "container logs postgres --tail 20"};
    return command;
}

}  // namespace poststack::cli
