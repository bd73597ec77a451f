// create-schema, show-schema and drop-schema: schema "poststack" as a whole.
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
#include "migrate/schema.h"
#include "sys/env.h"

namespace poststack::cli {
namespace {

struct DropArgs {
    bool force = false;
};

int run_create(Context& context) {
    const Session session = open_session(context);
    const migrate::SchemaChange change =
        migrate::create_schema(find_login(context, session),
                               session.settings.duration("lock_wait"),
                               show_progress(context, "applied"));
    const char* word = change == migrate::SchemaChange::created    ? "created"
                       : change == migrate::SchemaChange::upgraded ? "upgraded"
                                                                   : "unchanged";
    if (context.json()) {
        context.print({{"schema", "poststack"}, {"result", word}});
    } else if (!context.options.quiet) {
        context.out << fmt::format("schema poststack: {}\n", word);
    }
    return 0;
}

void print_report(Context& context, const migrate::SchemaReport& report) {
    if (!report.exists) {
        context.out << "there is no schema \"poststack\" in this database\n";
        return;
    }
    context.out << to_text(
        {{"owner", report.owner},
         {"layout", report.layout == 0 ? "none" : std::to_string(report.layout)}});
    Table table({"TABLE", "ROWS", "SIZE", "COLUMNS"});
    for (const migrate::SchemaTable& entry : report.tables) {
        std::vector<std::string> columns;
        for (const auto& column : entry.columns)
            columns.push_back(column.first);
        table.add({entry.name,
                   std::to_string(entry.rows),
                   human_bytes(entry.bytes),
                   join(columns, ", ")});
    }
    table.align_right(1);
    context.out << table.to_text(sys::terminal_width());
    for (const std::string& object : report.foreign)
        context.out << fmt::format("not poststack's own: {}\n", object);
}

Json report_json(const migrate::SchemaReport& report) {
    Json tables = Json::array();
    for (const migrate::SchemaTable& entry : report.tables) {
        Json columns = Json::array();
        for (const auto& [name, type] : entry.columns)
            columns.push_back({{"name", name}, {"type", type}});
        tables.push_back({{"name", entry.name},
                          {"rows", entry.rows},
                          {"bytes", entry.bytes},
                          {"columns", std::move(columns)}});
    }
    Json information = Json::object();
    for (const auto& [key, value] : report.information)
        information[key] = value;
    return {{"exists", report.exists},
            {"owner", report.owner},
            {"layout", report.layout},
            {"information", std::move(information)},
            {"tables", std::move(tables)},
            {"foreign", report.foreign}};
}

int run_show(Context& context) {
    const Session session = open_session(context);
    pg::Connection connection(find_login(context, session));
    const migrate::SchemaReport report = migrate::show_schema(connection);
    if (context.json()) {
        context.print(report_json(report));
    } else {
        print_report(context, report);
    }
    return 0;
}

int run_drop(Context& context, const DropArgs& args) {
    const Session session = open_session(context);
    const pg::ConnInfo login = find_login(context, session);
    const std::string question = fmt::format(
        "Drop schema \"poststack\"{} of database \"{}\"?",
        args.force ? " with everything in it, the record of applied migrations included," : "",
        login.database);
    if (!confirm(context, question)) {
        // A script must not take "no" for "gone".
        throw Error(ErrorKind::conflict,
                    "schema \"poststack\" stays: the question was not answered with yes")
            .hint("Answer y, or give --yes.");
    }
    migrate::DropOptions options;
    options.force = args.force;
    options.wait_limit = session.settings.duration("lock_wait");
    options.on_progress = show_progress(context, "applied");
    const bool dropped = migrate::drop_schema(login, options);
    if (context.json()) {
        context.print({{"schema", "poststack"}, {"result", dropped ? "dropped" : "absent"}});
    } else if (!context.options.quiet) {
        context.out << (dropped ? "schema poststack: dropped\n" : "schema poststack: not there\n");
    }
    return 0;
}

}  // namespace

Command make_database_create_schema_command() {
    Command command;
    command.path = {"database", "create-schema"};
    command.summary = "Make schema poststack with the ledger";
    command.description =
        "Makes schema \"poststack\" with schema_migrations, system_info, services and containers, "
        "or brings an older layout up to date. \"database migrate\" does it by itself.";
    command.examples = {"database create-schema"};
    command.run = run_create;
    return command;
}

Command make_database_show_schema_command() {
    Command command;
    command.path = {"database", "show-schema"};
    command.summary = "Show the tables of schema poststack";
    command.examples = {"database show-schema --json"};
    command.run = run_show;
    return command;
}

Command make_database_drop_schema_command() {
    const auto args = std::make_shared<DropArgs>();
    Command command;
    command.path = {"database", "drop-schema"};
    command.summary = "Drop schema poststack";
    command.description =
        "Asks first (--yes: does not). While migrations are recorded in it, or objects that "
        "poststack did not make live in it, it is refused unless --force is given: poststack would "
        "no longer know what is applied.";
    command.options = {
        {"--force", "", "drop it with everything that is in it", &args->force},
    };
    command.examples = {"database drop-schema", "database drop-schema --force --yes"};
    command.run = [args](Context& context) { return run_drop(context, *args); };
    return command;
}

}  // namespace poststack::cli
