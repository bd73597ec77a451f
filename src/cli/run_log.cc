#include "cli/run_log.h"

#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "config/keys.h"
#include "workflow/log_files.h"

namespace poststack::cli {

namespace {

workflow::LogCategory category_of(const Context& context) {
    const std::string first = context.command.empty() ? "" : context.command.front();
    if (first == "database") return workflow::LogCategory::database;
    if (first == "container") return workflow::LogCategory::container;
    return workflow::LogCategory::main;
}

LogLevel level_of(const Session& session) {
    if (session.settings.boolean(config::key::verbose)) return LogLevel::debug;
    return parse_log_level(session.settings.text(config::key::log_level),
                           session.settings.source(config::key::log_level));
}

}  // namespace

void open_run_log(Context& context, const Session& session) {
    const workflow::LogTarget target{.directory = session.project.log_dir,
                                     .level = level_of(session),
                                     .category = category_of(context),
                                     .day = context.clock.today(),
                                     .owner = config::file_owner(session.project)};
    workflow::log_to_files(context.logger, target);
    workflow::log_to_files(context.journal, target);
    context.journal.debug("begin",
                          {{"command", join(context.command, " ")},
                           {"project", session.project.name},
                           {"pid", fmt::to_string(::getpid())}});
}

void log_end(Context& context, int code) {
    context.journal.debug(
        "end", {{"command", join(context.command, " ")}, {"exit", fmt::to_string(code)}});
}

void log_end(Context& context, const Error& error) {
    context.journal.error(error.message(),
                          {{"command", join(context.command, " ")},
                           {"kind", std::string(name(error.kind()))},
                           {"exit", fmt::to_string(exit_code(error))},
                           {"context", join(error.context(), "; ")},
                           {"sqlstate", error.sqlstate()},
                           {"detail", error.detail()}});
}

}  // namespace poststack::cli
