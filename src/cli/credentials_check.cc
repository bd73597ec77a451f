#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/session.h"
#include "instance/rotate.h"
#include "pg/connection.h"
#include "pg/login_failure.h"

namespace poststack::cli {

namespace {

/// Logs in; a wrong password for the stack's own database has a way out that others have not.
pg::Connection log_in(Context& context, const Session& session, const instance::Target& target) {
    bool wrong_password = false;
    pg::ConnectOptions options;
    options.limit = session.settings.duration(config::key::connect_timeout);
    options.on_failure = [&](pg::LoginFailure failure) {
        wrong_password = failure == pg::LoginFailure::wrong_password;
    };
    try {
        return pg::Connection(find_login(context, session), options);
    } catch (Error& error) {
        if (wrong_password && target.is_own_stack) {
            error.set_hint(
                "The data directory knows another password than .env. Type poststack "
                "credentials rotate --repair to give the role the one in .env.");
        }
        throw;
    }
}

int run_credentials_check(Context& context) {
    Session session = open_session(context);
    const auto recovered = instance::recover_rotation(
        {session.project,
         session.settings,
         context.environment,
         find_own_port(context, session, find_target(context, session))});
    if (recovered != instance::Recovery::none) {
        context.logger.warning(instance::describe(recovered));
        session = config::load_configuration(locate_options(context));
    }
    const instance::Target target = find_target(context, session);
    const auto began = context.clock.now();
    pg::Connection connection = log_in(context, session, target);
    const pg::Result result = connection.query("SELECT 1, current_user, current_database()");
    const auto took = context.clock.now() - began;
    const std::string user(result.value(0, 1));
    const std::string database(result.value(0, 2));
    if (context.json()) {
        context.print({{"ok", true},
                       {"user", user},
                       {"database", database},
                       {"source", target.origin},
                       {"duration_ms", std::chrono::duration<double, std::milli>(took).count()}});
    } else {
        context.out << fmt::format("role \"{}\" opens database \"{}\" ({}, {})\n",
                                   user,
                                   database,
                                   target.origin,
                                   human_duration(took));
    }
    return 0;
}

}  // namespace

Command make_credentials_check_command() {
    return {.path = {"credentials", "check"},
            .summary = "Prove that the credentials open the database",
            .description =
                "Logs in with the address and password the project uses and runs SELECT 1. A "
                "rotation that was cut off is completed or undone first, and said.",
            .examples = {"credentials check", "credentials check --json"},
            .run = run_credentials_check};
}

}  // namespace poststack::cli
