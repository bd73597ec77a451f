#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/session.h"
#include "cli/stack_command.h"
#include "config/services.h"
#include "instance/rotate.h"
#include "workflow/server_access.h"

namespace poststack::cli {

namespace {

struct CredentialsRotateArgs {
    bool repair = false;
};

/// The way out when the data directory knows another password than .env.
int run_repair(Context& context, const Session& session, const instance::RotateQuery& query) {
    const auto superuser = workflow::find_superuser_login(stack_request(context, session));
    if (!superuser) {
        throw Error(ErrorKind::timeout, "cannot repair the password: the server is not running")
            .hint("Type poststack container start, then run the command again.");
    }
    instance::repair_password(query, *superuser);
    context.logger.info("gave the role the password of .env");
    if (context.json()) {
        context.print({{"repaired", true}});
    } else {
        context.out << "the role has the password of .env again\n";
    }
    return 0;
}

int run_credentials_rotate(Context& context, const CredentialsRotateArgs& args) {
    const Session session = open_session(context);
    const instance::RotateQuery query{
        session.project,
        session.settings,
        context.environment,
        find_own_port(context, session, find_target(context, session))};
    if (args.repair) return run_repair(context, session, query);
    const instance::RotateResult result = instance::rotate_password(query);
    if (const std::string said = instance::describe(result.recovered); !said.empty()) {
        context.logger.warning(said);
    }
    for (const std::string& notice : result.notices)
        context.logger.warning(notice);
    const auto services = config::services_using(session.project, result.written);
    context.logger.info("rotated the password", {{"user", result.user}});
    if (context.json()) {
        context.print({{"rotated", true},
                       {"user", result.user},
                       {"written", result.written},
                       {"services", services}});
        return 0;
    }
    context.out << fmt::format("role \"{}\" has a new password; .env holds it in {}\n",
                               result.user,
                               join(result.written, ", "));
    if (!services.empty()) {
        say(context,
            fmt::format("these services still have the old one until they are made anew: {}",
                        join(services, ", ")));
    }
    return 0;
}

}  // namespace

Command make_credentials_rotate_command() {
    auto args = std::make_shared<CredentialsRotateArgs>();
    return {.path = {"credentials", "rotate"},
            .summary = "Give the stack's role a new password",
            .description =
                "Changes the role's password in the server and in .env as one step: killed at any "
                "instant, the next credentials check, rotate or up completes or undoes it. The "
                "server gets a SCRAM verifier, never the password. Sessions that are open stay "
                "open; services that read the old password are named.",
            .options = {{.names = "--repair",
                         .value = "",
                         .help = "Give the role the password that .env holds, as the superuser",
                         .target = &args->repair}},
            .examples = {"credentials rotate", "credentials rotate --repair"},
            .run = [args](Context& context) { return run_credentials_rotate(context, *args); }};
}

}  // namespace poststack::cli
