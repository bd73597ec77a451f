#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/migrate_options.h"
#include "cli/migrate_output.h"
#include "cli/session.h"
#include "migrate/status.h"
#include "sys/env.h"

namespace poststack::cli {
namespace {

struct StatusArgs {
    bool check = false;
    std::vector<std::string> schemas;
};

std::string state_text(migrate::FileState state) {
    return state == migrate::FileState::out_of_order ? "out of order"
                                                     : std::string(migrate::name(state));
}

void print_text(Context& context, const migrate::StatusReport& report, const std::string& schema) {
    if (!schema.empty()) context.out << "schema " << schema << '\n';
    say_warnings(context, report.warnings);
    Table table({"VERSION", "NAME", "STATE", "APPLIED AT", "TIME", "ROLLBACK"});
    for (const auto* files : {&report.files, &report.repeatables}) {
        for (const migrate::FileStatus& file : *files) {
            const bool applied = !file.applied_at.empty();
            const bool repeatable = files == &report.repeatables;
            table.add({repeatable ? "R" : file.version,
                       file.name,
                       state_text(file.state),
                       file.applied_at,
                       applied ? human_duration(file.duration) : "",
                       repeatable          ? ""
                       : file.has_rollback ? "yes"
                                           : "no"});
        }
    }
    if (!table.empty()) context.out << table.to_text(sys::terminal_width());
    const auto applied = report.count(migrate::FileState::applied);
    const auto pending = report.count(migrate::FileState::pending);
    context.out << fmt::format("{} applied, {} pending", applied, pending);
    const auto reformatted = report.count(migrate::FileState::reformatted);
    if (reformatted > 0) context.out << fmt::format(", {} reformatted", reformatted);
    const std::size_t others = report.files.size() - applied - pending - reformatted;
    const std::size_t due = report.due_repeatables();
    if (due > 0) context.out << fmt::format(", {} repeatable to run", due);
    if (others > 0) context.out << fmt::format(", {} not as they should be", others);
    context.out << (report.has_ledger ? "\n" : " (no migration has run in this database yet)\n");
}

Json file_json(const migrate::FileStatus& file) {
    const bool applied = !file.applied_at.empty();
    return {{"name", file.name},
            {"description", file.description},
            {"state", migrate::name(file.state)},
            {"applied_at", applied ? Json(file.applied_at) : Json(nullptr)},
            {"duration_ms",
             applied ? Json(static_cast<double>(file.duration.count()) / 1e6) : Json(nullptr)},
            {"applied_by", applied ? Json(file.applied_by) : Json(nullptr)},
            {"note", file.note.empty() ? Json(nullptr) : Json(file.note)}};
}

Json report_json(const migrate::StatusReport& report) {
    Json files = Json::array();
    for (const migrate::FileStatus& file : report.files) {
        files.push_back(file_json(file));
        files.back()["version"] = file.version;
        files.back()["has_rollback"] = file.has_rollback;
    }
    Json repeatables = Json::array();
    for (const migrate::FileStatus& file : report.repeatables)
        repeatables.push_back(file_json(file));
    return {{"current", report.is_current()},
            {"has_ledger", report.has_ledger},
            {"applied", report.count(migrate::FileState::applied)},
            {"pending", report.count(migrate::FileState::pending)},
            {"reformatted", report.count(migrate::FileState::reformatted)},
            {"changed", report.count(migrate::FileState::changed)},
            {"missing", report.count(migrate::FileState::missing)},
            {"out_of_order", report.count(migrate::FileState::out_of_order)},
            {"unfinished", report.count(migrate::FileState::unfinished)},
            {"gaps", report.gaps},
            {"migrations", std::move(files)},
            {"repeatables", std::move(repeatables)},
            {"warnings", report.warnings}};
}

int run_migration_status(Context& context, const StatusArgs& args) {
    const Session session = open_session(context);
    pg::Connection connection(find_login(context, session));
    bool is_current = true;
    const auto show = [&](const std::string& schema) {
        const migrate::StatusReport report = migrate::status(connection,
                                                             session.project.migrations,
                                                             read_order_policy(session),
                                                             migrate::LedgerPlace(schema));
        is_current = is_current && report.is_current();
        if (!context.json()) print_text(context, report, schema);
        return report_json(report);
    };
    in_each_ledger(context, read_schemas(session, args.schemas), "shown", show);
    return args.check && !is_current ? 1 : 0;
}

}  // namespace

Command make_database_migration_status_command() {
    const auto args = std::make_shared<StatusArgs>();
    Command command;
    command.path = {"database", "migration-status"};
    command.summary = "Show which migrations are applied and pending";
    command.description =
        "Compares the migrations directory with the ledger in the database. Reads only: nothing is "
        "created or upgraded.";
    command.options = {
        {"--check", "", "exit 1 unless everything is applied and unchanged", &args->check},
        schema_option(args->schemas),
    };
    command.examples = {"database migration-status", "database migration-status --check --json"};
    command.run = [args](Context& context) { return run_migration_status(context, *args); };
    return command;
}

}  // namespace poststack::cli
