#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/session.h"
#include "instance/credentials.h"

namespace poststack::cli {

namespace key = config::key;

namespace {

/// Folders that are set must be folders when they exist; a file in their place is found out here,
/// not in the middle of a command.
void check_folders(const config::Settings& settings) {
    for (const config::KeySpec& spec : config::all_keys()) {
        if (spec.type != config::KeyType::path) continue;
        const auto path = settings.find_path(spec.name);
        std::error_code ignored;
        if (!path || !std::filesystem::exists(*path, ignored)) continue;
        if (std::filesystem::is_directory(*path, ignored)) continue;
        throw Error(ErrorKind::config,
                    fmt::format("{}: \"{}\" is \"{}\", which is not a directory",
                                settings.source(spec.name),
                                spec.name,
                                path->native()));
    }
}

void check_server_settings(const config::Settings& settings) {
    for (const std::string& item : settings.list(key::postgres_settings)) {
        const std::size_t equals = item.find('=');
        if (equals != std::string::npos && equals > 0) continue;
        throw Error(ErrorKind::config,
                    fmt::format("{}: \"{}\" holds \"{}\", but each item must be name=value",
                                settings.source(key::postgres_settings),
                                key::postgres_settings,
                                item));
    }
}

/// Contradictions between the places of the address; that there is none yet is no mistake.
void check_address(Context& context, const Session& session) {
    try {
        static_cast<void>(instance::to_login(find_target(context, session), session.settings));
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found) throw;
    }
}

int run_config_validate(Context& context) {
    const Session session = open_session(context);
    check_folders(session.settings);
    check_server_settings(session.settings);
    static_cast<void>(instance::find_credentials(
        session.env, session.project, session.settings, context.environment));
    check_address(context, session);

    int set = 0;
    for (const config::KeySpec& spec : config::all_keys())
        set += session.settings.is_set(spec.name) ? 1 : 0;
    if (context.json()) {
        context.print({{"valid", true},
                       {"project", session.project.name},
                       {"settings_set", set},
                       {"notices", session.notices}});
    } else {
        context.out << fmt::format(
            "the configuration of project \"{}\" is valid ({} of {} "
            "settings are set)\n",
            session.project.name,
            set,
            config::all_keys().size());
    }
    return 0;
}

}  // namespace

Command make_config_validate_command() {
    return {.path = {"config-validate"},
            .summary = "Check poststack.yaml, .env and the environment",
            .description =
                "Names the file, line and key of a mistake, and the nearest key for a misspelt "
                "one. Two places that contradict each other about the database are a mistake too.",
            .examples = {"config-validate", "config-validate --config-file other.yaml"},
            .run = run_config_validate};
}

}  // namespace poststack::cli
