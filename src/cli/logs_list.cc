#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/logs_files.h"
#include "cli/session.h"
#include "sys/env.h"

namespace poststack::cli {

namespace {

struct Arguments {
    std::optional<std::string> category;
};

int run_list(Context& context, const Arguments& arguments) {
    const Session session = open_session(context);
    const auto& directory = session.project.log_dir;
    const auto files = workflow::list_log_files(directory, to_category(arguments.category));
    if (context.json()) {
        Json list = Json::array();
        for (const workflow::LogFile& file : files)
            list.push_back(to_json(file));
        context.print({{"directory", directory.native()},
                       {"files", std::move(list)},
                       {"bytes", total_size(files)}});
        return 0;
    }
    if (files.empty()) {
        say(context, fmt::format("no log files in {}", session.project.display(directory)));
        return 0;
    }
    Table table({"CATEGORY", "FILE", "SIZE", "MODIFIED"});
    table.align_right(2);
    for (const workflow::LogFile& file : files) {
        table.add({std::string(name(file.category)),
                   session.project.display(file.path),
                   human_bytes(file.size),
                   utc_timestamp(file.modified)});
    }
    context.out << table.to_text(sys::terminal_width());
    return 0;
}

}  // namespace

Command make_logs_list_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.path = {"logs", "list"},
            .summary = "List the project's log files",
            .description =
                "Categories: main (what poststack did), database (the server's log and "
                "commands on the database), container (output of containers).",
            .options = {category_option(arguments->category)},
            .examples = {"logs list", "logs list --category database --json"},
            .run = [arguments](Context& context) { return run_list(context, *arguments); }};
}

}  // namespace poststack::cli
