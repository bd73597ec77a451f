#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/url.h"
#include "catalog/diff.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/migrate_options.h"
#include "cli/migrate_output.h"
#include "cli/scratch.h"
#include "cli/session.h"
#include "workflow/drift.h"

namespace poststack::cli {
namespace {

struct DiffArgs {
    std::optional<std::string> with_url;
    std::optional<std::string> scratch_url;
    std::vector<std::string> variables;
    std::vector<std::string> schemas;
};

workflow::DriftReport compare_with(pg::Connection& live, const std::string& text) {
    const DatabaseUrl url = DatabaseUrl::parse(text, "--with-url");
    pg::Connection other(pg::ConnInfo::from_url(url, "--with-url"));
    return {.diff = workflow::compare_databases(live, other), .replayed = 0, .warnings = {}};
}

workflow::DriftReport compare_with_files(Context& context,
                                         const Session& session,
                                         pg::Connection& live,
                                         const DiffArgs& args) {
    const std::vector<std::string> schemas = read_schemas(session, args.schemas);
    migrate::MigrationSet set = migrate::read_migrations(session.project.migrations);
    set.variables = read_variables(context, session, args.variables);
    workflow::ScratchDatabase scratch(
        scratch_plan(context, session, args.scratch_url, workflow::ScratchUse::replay));
    say_cleaned(context, scratch);
    return workflow::find_drift(live, set, scratch, schemas);
}

int run_diff(Context& context, const DiffArgs& args) {
    if (args.with_url && !args.schemas.empty()) {
        throw Error(ErrorKind::usage,
                    "--schema says which migrations to replay, and --with-url "
                    "replays none")
            .hint("Leave one of them out.");
    }
    const Session session = open_session(context);
    pg::Connection live(find_login(context, session));
    const workflow::DriftReport report = args.with_url
                                             ? compare_with(live, *args.with_url)
                                             : compare_with_files(context, session, live, args);
    if (context.json()) {
        context.print(
            {{"equal", report.diff.empty()},
             {"column_order_only", report.diff.is_column_order_only()},
             {"migrations_replayed", args.with_url ? Json(nullptr) : Json(report.replayed)},
             {"changes", catalog::to_json(report.diff)},
             {"warnings", report.warnings}});
    } else {
        say_warnings(context, report.warnings);
        context.out << catalog::to_text(report.diff);
        context.out << (report.diff.is_column_order_only() ? "only the order of columns differs: "
                                                           : "")
                    << catalog::summary(report.diff) << '\n';
    }
    return report.diff.empty() ? 0 : 1;
}

}  // namespace

Command make_database_diff_command() {
    const auto args = std::make_shared<DiffArgs>();
    Command command;
    command.path = {"database", "diff"};
    command.summary = "Compare the database with what its migrations give";
    command.description =
        "Replays the applied migrations on a scratch database and compares the whole catalogue. A "
        "line that begins with + names what the database has and the migrations do not give, - "
        "what it lacks, ~ what differs. Exits 1 when something does. The database's own settings "
        "and grants, and the schema \"poststack\", are left out.\n\nThe scratch database is made "
        "on the same server, or on that of --scratch-url, and dropped at the end. What migrations "
        "do to the server as a whole (roles, other databases) they do there as well.\n\nWith "
        "--schema, or the setting schemas, the migrations are replayed in each of these schemas as "
        "far as its own ledger says; schemas with other ledgers are left out.";
    command.options = {
        {"--with-url", "URL", "compare with this database instead", &args->with_url},
        {"--scratch-url", "URL", "make the scratch database on this server", &args->scratch_url},
        schema_option(args->schemas),
        variable_option(args->variables),
    };
    command.examples = {"database diff",
                        "database diff --with-url postgresql://staging.example.org/shop --json"};
    command.run = [args](Context& context) { return run_diff(context, *args); };
    return command;
}

}  // namespace poststack::cli
