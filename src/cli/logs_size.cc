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

int run_size(Context& context, const Arguments& arguments) {
    const Session session = open_session(context);
    const auto& directory = session.project.log_dir;
    const auto only = to_category(arguments.category);
    Json categories = Json::object();
    Table table({"CATEGORY", "FILES", "SIZE"});
    table.align_right(1);
    table.align_right(2);
    std::size_t count = 0;
    std::uint64_t bytes = 0;
    for (const workflow::LogCategory category : workflow::log_categories) {
        if (only && *only != category) continue;
        const auto files = workflow::list_log_files(directory, category);
        const std::uint64_t size = total_size(files);
        count += files.size();
        bytes += size;
        categories[std::string(name(category))] = {{"files", files.size()}, {"bytes", size}};
        table.add({std::string(name(category)), fmt::to_string(files.size()), human_bytes(size)});
    }
    if (context.json()) {
        context.print({{"directory", directory.native()},
                       {"categories", std::move(categories)},
                       {"files", count},
                       {"bytes", bytes}});
        return 0;
    }
    table.add({"total", fmt::to_string(count), human_bytes(bytes)});
    context.out << table.to_text(sys::terminal_width());
    return 0;
}

}  // namespace

Command make_logs_size_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.path = {"logs", "size"},
            .summary = "Show how much space the log files take",
            .options = {category_option(arguments->category)},
            .examples = {"logs size", "logs size --json"},
            .run = [arguments](Context& context) { return run_size(context, *arguments); }};
}

}  // namespace poststack::cli
