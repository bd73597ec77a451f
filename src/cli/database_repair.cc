#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/migrate_options.h"
#include "cli/migrate_output.h"
#include "cli/session.h"
#include "config/keys.h"
#include "migrate/repair.h"
#include "sys/env.h"

namespace poststack::cli {
namespace {

struct RepairArgs {
    std::vector<std::string> versions;
    std::string reason;
    bool rollbacks = false;
    bool forget_progress = false;
    bool dry_run = false;
    std::vector<std::string> schemas;
};

std::string action_text(const std::string& action) {
    if (action == "changed") return "accepted the change";
    if (action == "missing") return "accepted that it is gone";
    if (action == "rollback") return "recorded the rollback as it is";
    return "forgot how far it came";
}

Json to_json(const std::vector<migrate::Repair>& repairs) {
    Json list = Json::array();
    for (const migrate::Repair& repair : repairs) {
        list.push_back({{"version", repair.version},
                        {"file_name", repair.file_name},
                        {"action", repair.action},
                        {"old_checksum", repair.old_checksum},
                        {"new_checksum", repair.new_checksum}});
    }
    return list;
}

void print_text(Context& context,
                const std::vector<migrate::Repair>& repairs,
                bool dry_run,
                const std::string& schema) {
    Table table({"VERSION", "FILE", dry_run ? "WOULD BE" : "DONE"});
    for (const migrate::Repair& repair : repairs)
        table.add({repair.version, repair.file_name, action_text(repair.action)});
    if (table.empty()) {
        if (!context.options.quiet) context.out << schema_prefix(schema) << "nothing to repair\n";
        return;
    }
    if (!schema.empty()) context.out << "schema " << schema << '\n';
    context.out << table.to_text(sys::terminal_width());
}

int run_repair(Context& context, const RepairArgs& args) {
    const Session session = open_session(context);
    migrate::RepairOptions options;
    options.versions = args.versions;
    options.reason = args.reason;
    options.rollbacks = args.rollbacks;
    options.forget_progress = args.forget_progress;
    options.dry_run = args.dry_run;
    options.wait_limit = session.settings.duration(config::key::lock_wait);
    const pg::ConnInfo login = find_login(context, session);
    const auto repair = [&](const std::string& schema) -> Json {
        options.schema = schema;
        options.on_progress = show_progress(context, "repaired", schema);
        const std::vector<migrate::Repair> repairs =
            migrate::repair(login, session.project.migrations, options);
        if (!context.json()) print_text(context, repairs, args.dry_run, schema);
        return {{"dry_run", args.dry_run}, {"repairs", to_json(repairs)}};
    };
    in_each_ledger(context, read_schemas(session, args.schemas), "repaired", repair);
    return 0;
}

}  // namespace

Command make_database_repair_command() {
    const auto args = std::make_shared<RepairArgs>();
    Command command;
    command.path = {"database", "repair"};
    command.summary = "Accept changed or missing migration files";
    command.description =
        "Makes the ledger say what the files say now, for the versions given or for all that "
        "\"database verify-migrations\" finds wrong, and records who did it, when and why. The "
        "schema of the database is not touched: whoever accepts a change knows that it is there "
        "already, or that it does not matter.\n\nWith --forget-progress an unfinished "
        "no-transaction file begins anew at the next run: undo by hand what it did.";
    command.arguments = {{"VERSION", "what to accept; all that is wrong without", &args->versions}};
    command.options = {
        {"--reason", "TEXT", "why that is right; recorded", &args->reason},
        {"--rollback", "", "record the rollback files as they are now, too", &args->rollbacks},
        {"--forget-progress", "", "forget how far unfinished files came", &args->forget_progress},
        {"--dry-run", "", "print what would be accepted, change nothing", &args->dry_run},
        schema_option(args->schemas),
    };
    command.examples = {"database repair 004 --reason \"comment corrected, see #81\"",
                        "database repair --dry-run --reason check"};
    command.run = [args](Context& context) { return run_repair(context, *args); };
    return command;
}

}  // namespace poststack::cli
