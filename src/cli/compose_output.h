// What the compose commands share: the options, the file as the project has it, its JSON form.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "cli/command.h"
#include "cli/session.h"
#include "config/compose_model.h"

namespace poststack::cli {

/// Options of every compose command.
struct ComposeArgs {
    std::vector<std::string> profiles;
    bool reveal = false;
};

[[nodiscard]] Option profile_option(ComposeArgs& args);

/// Reads the project's compose files with the profiles of the command line and COMPOSE_PROFILES.
/// Errors: not_found when the project has none; see config::load_compose.
[[nodiscard]] config::ComposeProject load_stack_file(const Context& context,
                                                     const Session& session,
                                                     const ComposeArgs& args);

/// The whole file in one form. Values of the environment that look like secrets are "***" unless
/// `reveal`.
[[nodiscard]] Json compose_to_json(const config::ComposeProject& project, bool reveal);

/// "postgres", "application": what the file says, else by POSTGRES_ variables and the image's name.
[[nodiscard]] std::string_view service_role(const config::ComposeService& service);

}  // namespace poststack::cli
