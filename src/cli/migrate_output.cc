#include "cli/migrate_output.h"

#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace poststack::cli {

migrate::ProgressCallback show_progress(Context& context, std::string_view verb) {
    const bool live = context.err_is_terminal && !context.options.quiet;
    return [&context, verb, live](const migrate::ProgressEvent& event) {
        using Kind = migrate::ProgressEvent::Kind;
        if (event.kind == Kind::waiting) say(context, fmt::format("waiting: {}", event.text));
        if (event.kind == Kind::notice) say(context, event.text);
        if (event.kind == Kind::started && live) {
            context.err << fmt::format(
                               "\r\x1b[K{} of {}: {} ...", event.index, event.total, event.text)
                        << std::flush;
        }
        if (event.kind != Kind::finished) return;
        if (live) context.err << "\r\x1b[K" << std::flush;
        if (context.json() || context.options.quiet) return;
        context.out << fmt::format(
            "{} {} ({})\n", verb, event.text, human_duration(event.duration));
    };
}

Json steps_json(const std::vector<migrate::MigrationStep>& steps) {
    Json list = Json::array();
    for (const migrate::MigrationStep& step : steps) {
        list.push_back({{"version", step.version},
                        {"name", step.name},
                        {"description", step.description},
                        {"duration_ms", static_cast<double>(step.duration.count()) / 1e6},
                        {"has_rollback", step.has_rollback}});
    }
    return list;
}

void print_plan(Context& context,
                std::string_view verb,
                const std::vector<migrate::MigrationStep>& steps) {
    for (const migrate::MigrationStep& step : steps) {
        context.out << fmt::format("would {} {}_{}.sql{}\n",
                                   verb,
                                   step.version,
                                   step.name,
                                   step.has_rollback ? "" : " (no rollback)");
    }
}

void say_warnings(Context& context, const std::vector<std::string>& warnings) {
    if (context.json()) return;
    for (const std::string& warning : warnings)
        say(context, "warning: " + warning);
}

std::string count_migrations(std::size_t count) {
    return fmt::format("{} migration{}", count, count == 1 ? "" : "s");
}

}  // namespace poststack::cli
