#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/session.h"
#include "config/services.h"
#include "instance/rotate.h"

namespace poststack::cli {

namespace {

int run_credentials_rotate(Context& context) {
    Session session = open_session(context);
    const instance::RotateQuery query{session.project, session.settings, context.environment};
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
    return {.path = {"credentials", "rotate"},
            .summary = "Give the stack's role a new password",
            .description =
                "Changes the role's password in the server and in .env as one step: killed at any "
                "instant, the next credentials check, rotate or up completes or undoes it. The "
                "server gets a SCRAM verifier, never the password. Sessions that are open stay "
                "open; services that read the old password are named.",
            .examples = {"credentials rotate"},
            .run = run_credentials_rotate};
}

}  // namespace poststack::cli
