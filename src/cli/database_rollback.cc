#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/migrate_options.h"
#include "cli/migrate_output.h"
#include "cli/session.h"
#include "migrate/rollback.h"

namespace poststack::cli {
namespace {

struct RollbackArgs {
    std::optional<std::string> target;
    std::optional<std::string> position;
    RunArgs run;
    bool dry_run = false;
    bool use_files = false;
};

std::optional<std::string> chosen_target(const RollbackArgs& args) {
    if (args.target && args.position && *args.target != *args.position) {
        throw Error(
            ErrorKind::usage,
            fmt::format(
                "two targets: \"{}\" and --target-version \"{}\"", *args.position, *args.target))
            .hint("Give the version to keep once.");
    }
    return args.target ? args.target : args.position;
}

void print_text(Context& context,
                const migrate::RollbackResult& result,
                const std::string& schema) {
    const std::string prefix = schema_prefix(schema);
    say_warnings(context, result.warnings);
    if (result.dry_run) print_plan(context, "undo", result.steps);
    if (context.options.quiet) return;
    if (result.steps.empty()) {
        context.out << fmt::format(
            "{}nothing to undo: {} applied\n", prefix, count_migrations(result.left_applied));
    } else {
        context.out << fmt::format("{}{} {}, {} still applied\n",
                                   prefix,
                                   count_migrations(result.steps.size()),
                                   result.dry_run ? "would be undone" : "undone",
                                   result.left_applied);
    }
}

int run_rollback(Context& context, const RollbackArgs& args) {
    const std::optional<std::string> target = chosen_target(args);
    const Session session = open_session(context, run_flags(args.run));
    migrate::RollbackOptions options;
    options.target = target;
    options.dry_run = args.dry_run;
    options.use_files = args.use_files;
    options.run = read_run_options(context, session, args.run, "undone");
    const pg::ConnInfo login = find_login(context, session);
    const auto undo = [&](const std::string& schema) -> Json {
        options.run.schema = schema;
        options.run.on_progress = show_progress(context, "undone", schema);
        const migrate::RollbackResult result =
            migrate::rollback(login, session.project.migrations, options);
        if (!context.json()) print_text(context, result, schema);
        return {{"dry_run", result.dry_run},
                {"undone", steps_json(result.steps)},
                {"left_applied", result.left_applied},
                {"notices", notices_json(result.notices)},
                {"warnings", result.warnings}};
    };
    in_each_ledger(context, read_schemas(session, args.run.schemas), "undone", undo);
    return 0;
}

}  // namespace

Command make_database_rollback_command() {
    const auto args = std::make_shared<RollbackArgs>();
    Command command;
    command.path = {"database", "rollback"};
    command.summary = "Undo applied migrations, newest first";
    command.description =
        "Undoes the newest applied migration, or everything newer than VERSION (0: everything), "
        "with the rollback text that the ledger recorded when each was applied. Every text that is "
        "needed is looked at before the first is run. Each runs in one transaction together with "
        "the removal of its ledger row.";
    command.arguments = {{"VERSION", "the version to keep as the newest", &args->position}};
    command.options = {
        {"--target-version,--target", "VERSION", "the same as an option", &args->target},
        {"--dry-run", "", "print what would be undone, change nothing", &args->dry_run},
        {"--use-files", "", "run the rollback files as they are now", &args->use_files},
    };
    const std::vector<Option> shared = run_options(args->run);
    command.options.insert(command.options.end(), shared.begin(), shared.end());
    command.examples = {
        "database rollback", "database rollback 003", "database rollback 0 --dry-run"};
    command.run = [args](Context& context) { return run_rollback(context, *args); };
    return command;
}

}  // namespace poststack::cli
