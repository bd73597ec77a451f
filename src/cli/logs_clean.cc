#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/logs_files.h"
#include "cli/session.h"

namespace poststack::cli {

namespace {

struct Arguments {
    std::optional<std::string> category;
    std::optional<int> days;
    bool dry_run = false;
};

std::chrono::days age_limit(std::optional<int> days) {
    constexpr int kept_by_default = 7;
    const int count = days.value_or(kept_by_default);
    if (count < 0) {
        throw Error(ErrorKind::usage, fmt::format("--days {} lies in the future", count))
            .hint("Give the number of days that logs are to be kept, 0 for none.");
    }
    return std::chrono::days(count);
}

int run_clean(Context& context, const Arguments& arguments) {
    const std::chrono::days days = age_limit(arguments.days);
    const Session session = open_session(context);
    const auto result = workflow::clean_log_files(session.project.log_dir,
                                                  {.older_than = days,
                                                   .only = to_category(arguments.category),
                                                   .dry_run = arguments.dry_run,
                                                   .now = context.clock.today()});
    if (context.json()) {
        Json removed = Json::array();
        for (const workflow::LogFile& file : result.removed)
            removed.push_back(to_json(file));
        Json in_use = Json::array();
        for (const workflow::LogFile& file : result.in_use)
            in_use.push_back(to_json(file));
        context.print({{"dry_run", arguments.dry_run},
                       {"days", days.count()},
                       {"removed", std::move(removed)},
                       {"in_use", std::move(in_use)},
                       {"bytes", total_size(result.removed)}});
        return 0;
    }
    for (const workflow::LogFile& file : result.removed) {
        context.out << fmt::format("{} {}\n",
                                   arguments.dry_run ? "would remove" : "removed",
                                   session.project.display(file.path));
    }
    for (const workflow::LogFile& file : result.in_use) {
        context.out << fmt::format("kept {}: it is in use\n", session.project.display(file.path));
    }
    say(context,
        fmt::format("{} {}, {}",
                    arguments.dry_run ? "would remove" : "removed",
                    count_files(result.removed.size()),
                    human_bytes(total_size(result.removed))));
    return 0;
}

}  // namespace

Command make_logs_clean_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {.path = {"logs", "clean"},
            .summary = "Remove old log files",
            .description =
                "Removes log files that were not written for a number of days. A file "
                "that a process has open is kept, whatever its age.",
            .options = {{.names = "--days",
                         .value = "N",
                         .help = "Keep what was written in the last N days (default 7)",
                         .target = &arguments->days},
                        category_option(arguments->category),
                        {.names = "--dry-run",
                         .value = "",
                         .help = "Show what would be removed, remove nothing",
                         .target = &arguments->dry_run}},
            .examples = {"logs clean --dry-run", "logs clean --days 30 --category database"},
            .run = [arguments](Context& context) { return run_clean(context, *arguments); }};
}

}  // namespace poststack::cli
