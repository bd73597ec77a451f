#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/context.h"
#include "cli/migrate_options.h"
#include "cli/migrate_output.h"
#include "cli/session.h"
#include "config/keys.h"
#include "migrate/apply.h"
#include "migrate/proof.h"

namespace poststack::cli {
namespace {

struct MigrateArgs {
    std::optional<std::string> target;
    RunArgs run;
    std::optional<std::string> out_of_order;
    bool dry_run = false;
    bool require_proof = false;
};

void print_text(Context& context, const migrate::ApplyResult& result, const std::string& schema) {
    const std::string prefix = schema_prefix(schema);
    say_warnings(context, result.warnings);
    if (result.dry_run) {
        print_plan(context, "apply", result.steps);
    }
    if (context.options.quiet) return;
    if (result.steps.empty()) {
        context.out << fmt::format(
            "{}nothing to do: {} applied{}\n",
            prefix,
            count_migrations(result.already_applied),
            result.left_pending == 0 ? ""
                                     : fmt::format(", {} behind the target", result.left_pending));
    } else {
        context.out << fmt::format("{}{} {}, {} applied before\n",
                                   prefix,
                                   count_migrations(result.steps.size()),
                                   result.dry_run ? "would be applied" : "applied",
                                   result.already_applied);
    }
}

int run_migrate(Context& context, const MigrateArgs& args) {
    config::Flags flags = run_flags(args.run);
    if (args.out_of_order)
        flags[std::string(config::key::out_of_order)] = {"--out-of-order", *args.out_of_order};
    const Session session = open_session(context, flags);
    migrate::ApplyOptions options;
    options.target = args.target;
    options.dry_run = args.dry_run;
    options.order = read_order_policy(session);
    options.run = read_run_options(context, session, args.run, "applied");
    if (args.require_proof) options.approve = migrate::require_proofs;
    const pg::ConnInfo login = find_login(context, session);
    const auto migrate = [&](const std::string& schema) -> Json {
        options.run.schema = schema;
        options.run.on_progress = show_progress(context, "applied", schema);
        const migrate::ApplyResult result =
            migrate::apply(login, session.project.migrations, options);
        if (!context.json()) print_text(context, result, schema);
        return {{"dry_run", result.dry_run},
                {"applied", steps_json(result.steps)},
                {"already_applied", result.already_applied},
                {"left_pending", result.left_pending},
                {"hooks", result.hooks},
                {"notices", notices_json(result.notices)},
                {"warnings", result.warnings}};
    };
    in_each_ledger(context, read_schemas(session, args.run.schemas), "migrated", migrate);
    return 0;
}

}  // namespace

Command make_database_migrate_command() {
    const auto args = std::make_shared<MigrateArgs>();
    Command command;
    command.path = {"database", "migrate"};
    command.summary = "Apply the pending migrations";
    command.description =
        "Applies NNN_name.sql files of the migrations directory that the ledger (schema "
        "\"poststack\") does not hold yet, oldest first, each in one transaction together with its "
        "ledger row. Files that were changed, removed or added out of order after later ones were "
        "applied are refused before anything runs. Any number of runs may be started at once: one "
        "works, the others wait and then find nothing to do.\n\nR__name.sql files run behind them, "
        "again "
        "whenever they change; hooks/before_migrate.sql, after_migrate.sql, before_each.sql and "
        "after_each.sql run around it all. With --schema, or the setting schemas, everything runs "
        "once in each of these schemas, each with a ledger of its own; one that fails does not "
        "keep the others from their turn.\n\nWith --require-proof nothing runs "
        "while "
        "a pending file, together with its rollback, has no proof in the ledger: "
        "\"verify-migrations --prove\" records them.";
    command.options = {
        {"--target-version,--target", "VERSION", "stop after this version", &args->target},
        {"--out-of-order",
         "POLICY",
         "late migrations: refuse, allow, or versions such as 004,007",
         &args->out_of_order},
        {"--dry-run", "", "print what would be applied, change nothing", &args->dry_run},
        {"--require-proof", "", "refuse files without a proven rollback", &args->require_proof},
    };
    const std::vector<Option> shared = run_options(args->run);
    command.options.insert(command.options.end(), shared.begin(), shared.end());
    command.examples = {"database migrate",
                        "database migrate --target-version 004 --dry-run",
                        "database migrate --schema acme --schema globex --var PLAN=trial"};
    command.run = [args](Context& context) { return run_migrate(context, *args); };
    return command;
}

}  // namespace poststack::cli
