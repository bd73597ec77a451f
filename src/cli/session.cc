#include "cli/session.h"

#include <filesystem>

#include <fmt/format.h>

#include "cli/run_log.h"
#include "cli/stack_command.h"
#include "config/keys.h"
#include "workflow/server_access.h"

namespace poststack::cli {

namespace key = config::key;

namespace {

void add_global_flags(const GlobalOptions& options, config::Flags& flags) {
    const auto add = [&](std::string_view name, const char* option, const auto& value) {
        if (value) flags.insert_or_assign(std::string(name), config::Flag{option, *value});
    };
    add(key::runtime, "--runtime", options.runtime);
    add(key::log_level, "--log-level", options.log_level);
    add(key::log_dir, "--log-dir", options.log_dir);
}

}  // namespace

config::LocateOptions locate_options(const Context& context) {
    config::LocateOptions options;
    options.current_directory = std::filesystem::current_path();
    options.project_directory = context.options.project_directory;
    options.compose_files = context.options.compose_files;
    options.config_file = context.options.config_file;
    options.environment = context.environment;
    return options;
}

namespace {

Session open(Context& context, config::Flags flags, const config::LocateOptions& options) {
    add_global_flags(context.options, flags);
    Session session = config::load_configuration(options, flags);
    for (const std::string& notice : session.notices)
        context.logger.warning(notice);
    // After the notices: those are for whoever types, and would fill the file with every status.
    open_run_log(context, session);
    std::error_code ignored;
    if (!std::filesystem::equivalent(
            session.project.directory, options.current_directory, ignored) &&
        !options.project_directory && options.compose_files.empty()) {
        say(context, fmt::format("using the project in {}", session.project.directory.native()));
    }
    return session;
}

}  // namespace

Session open_session(Context& context, config::Flags flags) {
    return open(context, std::move(flags), locate_options(context));
}

Session open_session_without_env(Context& context) {
    config::LocateOptions options = locate_options(context);
    options.lenient_env = true;
    return open(context, {}, options);
}

instance::Target find_target(Context& context, const Session& session) {
    return instance::find_target({.project = session.project,
                                  .settings = session.settings,
                                  .env = session.env,
                                  .environment = context.environment,
                                  .url_flag = context.options.database_url});
}

std::optional<std::uint16_t> find_own_port(Context& context,
                                           const Session& session,
                                           const instance::Target& target) {
    if (!target.is_own_stack) return std::nullopt;
    return workflow::own_server_port(stack_request(context, session));
}

pg::ConnInfo find_login(Context& context, const Session& session) {
    const instance::Target target = find_target(context, session);
    pg::ConnInfo login = instance::to_login(target, session.settings);
    if (const auto port = find_own_port(context, session, target)) login.port = *port;
    return login;
}

}  // namespace poststack::cli
