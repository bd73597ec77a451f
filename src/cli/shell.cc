#include "cli/commands.h"
#include "cli/context.h"
#include "cli/session.h"
#include "config/keys.h"
#include "pg/connection.h"
#include "workflow/database_shell.h"

namespace poststack::cli {

namespace {

struct Arguments {
    std::vector<std::string> psql;
};

int run_shell(Context& context, const Arguments& arguments) {
    const Session session = open_session(context);
    const pg::ConnInfo login = find_login(context, session);
    workflow::PsqlQuery query;
    {
        // The login is tried here first: its failures have better words and codes than psql's.
        const pg::Connection probe(login, pg::ConnectOptions{});
        query.server_major = probe.server_version() / 10'000;
    }
    query.directory = session.settings.find_path(config::key::postgres_bin);
    const auto path = context.environment.find("PATH");
    if (path != context.environment.end()) query.path = path->second;
    context.out.flush();
    workflow::check_psql(workflow::run_psql(workflow::find_psql(query), login, arguments.psql),
                         workflow::has_command_option(arguments.psql));
    return 0;
}

Command make_command(std::vector<std::string> path, const std::string& typed) {
    const auto arguments = std::make_shared<Arguments>();
    return {
        .path = std::move(path),
        .summary = "Open psql on the database",
        .description =
            "Runs the psql of the server's version, logged in as the project's role. What "
            "stands after -- goes to psql. The password reaches psql through its environment, "
            "never through its arguments.\n\n"
            "Exit codes: psql's 1 becomes 8, with -c (where it means that a statement failed) 9; "
            "its 2 (session lost) 7; its 3 (a statement failed under ON_ERROR_STOP) 9. Ctrl-C "
            "that ended it: 130.",
        .arguments = {{.name = "ARGS",
                       .help = "Arguments for psql, after --",
                       .target = &arguments->psql}},
        .examples = {typed, typed + " -- -c 'select 1'", typed + " -- -v ON_ERROR_STOP=1 -f x.sql"},
        .run = [arguments](Context& context) { return run_shell(context, *arguments); }};
}

}  // namespace

Command make_shell_command() {
    return make_command({"shell"}, "shell");
}

Command make_database_shell_command() {
    return make_command({"database", "shell"}, "database shell");
}

}  // namespace poststack::cli
