#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/output.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/migrate_output.h"
#include "cli/session.h"
#include "config/keys.h"
#include "migrate/adopt.h"
#include "sys/env.h"

namespace poststack::cli {
namespace {

struct AdoptArgs {
    std::optional<std::string> from;
    std::optional<std::string> source;
    std::optional<std::string> baseline;
    bool dry_run = false;
};

std::string remark(const migrate::AdoptedFile& file) {
    if (!file.reason.empty()) return file.reason;
    if (!file.applied_at.empty()) return "applied " + file.applied_at;
    return "";
}

void print_text(Context& context, const migrate::AdoptReport& report, bool dry_run) {
    using enum migrate::Adoption;
    say_warnings(context, report.warnings);
    if (context.options.quiet) return;
    if (!report.history.empty())
        context.out << fmt::format("history of {} in {}\n", report.tool, report.history);
    Table table({"FILE", "FROM", "ADOPT", "OBJECTS", "ROLLBACK", "NOTE"});
    for (const migrate::AdoptedFile& file : report.files) {
        table.add({file.file_name,
                   file.source == file.file_name ? "" : file.source,
                   std::string(migrate::name(file.adoption)),
                   file.objects == 0 ? "" : fmt::format("{}/{}", file.existing, file.objects),
                   file.has_rollback ? "yes" : "no",
                   remark(file)});
    }
    if (!table.empty()) context.out << table.to_text(sys::terminal_width());
    context.out << fmt::format("{}{} as applied, {} to apply, {} in conflict, {} known before\n",
                               dry_run ? "would record " : "recorded ",
                               report.count(baseline),
                               report.count(apply),
                               report.count(conflict),
                               report.count(present));
}

Json to_json(const migrate::AdoptReport& report, bool dry_run) {
    Json files = Json::array();
    for (const migrate::AdoptedFile& file : report.files) {
        files.push_back(
            {{"file_name", file.file_name},
             {"source", file.source.empty() ? Json(nullptr) : Json(file.source)},
             {"adopt", migrate::name(file.adoption)},
             {"reason", file.reason.empty() ? Json(nullptr) : Json(file.reason)},
             {"applied_at", file.applied_at.empty() ? Json(nullptr) : Json(file.applied_at)},
             {"objects", file.objects},
             {"existing", file.existing},
             {"has_rollback", file.has_rollback}});
    }
    return {{"dry_run", dry_run},
            {"tool", report.tool.empty() ? Json(nullptr) : Json(report.tool)},
            {"history", report.history.empty() ? Json(nullptr) : Json(report.history)},
            {"files", std::move(files)},
            {"warnings", report.warnings}};
}

int run_adopt(Context& context, const AdoptArgs& args) {
    if (args.from && args.baseline) {
        throw Error(ErrorKind::usage, "--from and --baseline contradict each other")
            .hint("A baseline is for a database in which no tool has kept a history.");
    }
    const Session session = open_session(context);
    migrate::AdoptOptions options;
    if (args.from) options.tool = migrate::find_tool(*args.from);
    if (args.source) options.source = session.project.directory / *args.source;
    options.baseline = args.baseline;
    options.dry_run = args.dry_run;
    options.owner = config::file_owner(session.project);
    options.wait_limit = session.settings.duration(config::key::lock_wait);
    options.on_progress = show_progress(context, "adopted");
    const migrate::AdoptReport report =
        migrate::adopt(find_login(context, session), session.project.migrations, options);
    if (context.json()) {
        context.print(to_json(report, args.dry_run));
    } else {
        print_text(context, report, args.dry_run);
    }
    return report.count(migrate::Adoption::conflict) == 0 ? 0 : 1;
}

}  // namespace

Command make_database_adopt_command() {
    const auto args = std::make_shared<AdoptArgs>();
    Command command;
    command.path = {"database", "adopt"};
    command.summary = "Take over another tool's migrations";
    command.description =
        "Reads which migrations another tool has applied in this database, writes its files into "
        "the project's migrations directory as NNN_name.sql and NNN_name.rollback.sql, and records "
        "the applied ones; the others are left for \"database migrate\". Nothing of theirs runs, "
        "and the other tool's table and files stay as they are. Known are the Python poststack, "
        "Flyway, Liquibase (formatted SQL), dbmate, golang-migrate, goose, node-pg-migrate, sqlx, "
        "Diesel, sqitch and Alembic (its history alone).\n\nWithout any history --baseline VERSION "
        "says up to which file the schema is there already. --dry-run shows baseline, apply or "
        "conflict for each file, and how many of the objects it creates exist. A single conflict, "
        "and nothing is adopted.";
    command.options = {
        {"--from", "TOOL", "whose history counts, when there are several", &args->from},
        {"--source", "DIR", "the other tool's files, from the project's directory", &args->source},
        {"--baseline", "VERSION", "no history: files up to this are applied", &args->baseline},
        {"--dry-run", "", "show what would be recorded, change nothing", &args->dry_run},
    };
    command.options.front().choices = migrate::tool_names();
    command.examples = {"database adopt --source db/flyway --dry-run",
                        "database adopt --from dbmate --source db/migrations",
                        "database adopt --baseline 012"};
    command.run = [args](Context& context) { return run_adopt(context, *args); };
    return command;
}

}  // namespace poststack::cli
