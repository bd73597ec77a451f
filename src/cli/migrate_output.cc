#include "cli/migrate_output.h"

#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "sys/env.h"

namespace poststack::cli {
namespace {

/// Replaces the line of progress on the terminal; what does not fit is cut, for it would scroll.
void show_line(Context& context, std::string_view text) {
    std::string line(text);
    const auto width = sys::terminal_width();
    if (width > 4 && line.size() >= width) {
        std::size_t end = width - 4;
        while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0U) == 0x80U)
            --end;
        line = line.substr(0, end) + "...";
    }
    context.err << "\r\x1b[K" << line << std::flush;
}

}  // namespace

migrate::ProgressCallback show_progress(Context& context,
                                        std::string_view verb,
                                        const std::string& schema) {
    const std::string prefix = schema_prefix(schema);
    const bool live = context.err_is_terminal && !context.options.quiet;
    return [&context, verb, live, prefix](const migrate::ProgressEvent& event) {
        using Kind = migrate::ProgressEvent::Kind;
        if (event.kind == Kind::waiting)
            say(context, fmt::format("{}waiting: {}", prefix, event.text));
        if (event.kind == Kind::notice) say(context, prefix + event.text);
        if (event.kind == Kind::running && live) {
            show_line(context,
                      fmt::format("{}{} {}", prefix, human_duration(event.duration), event.text));
        }
        if (event.kind == Kind::started && live) {
            show_line(
                context,
                fmt::format("{}{} of {}: {} ...", prefix, event.index, event.total, event.text));
        }
        if (event.kind != Kind::finished) return;
        if (live) context.err << "\r\x1b[K" << std::flush;
        if (context.json() || context.options.quiet) return;
        context.out << fmt::format(
            "{}{} {} ({})\n", prefix, verb, event.text, human_duration(event.duration));
    };
}

std::string schema_prefix(const std::string& schema) {
    return schema.empty() ? std::string{} : schema + ": ";
}

Json steps_json(const std::vector<migrate::MigrationStep>& steps) {
    Json list = Json::array();
    for (const migrate::MigrationStep& step : steps) {
        list.push_back({{"version", step.version},
                        {"name", step.name},
                        {"description", step.description},
                        {"duration_ms", static_cast<double>(step.duration.count()) / 1e6},
                        {"has_rollback", step.has_rollback},
                        {"file_name", step.file_name},
                        {"statements", step.statements},
                        {"transaction", !step.no_transaction}});
    }
    return list;
}

Json notices_json(const std::vector<migrate::ServerNotice>& notices) {
    Json list = Json::array();
    for (const migrate::ServerNotice& notice : notices) {
        list.push_back({{"file", notice.file},
                        {"line", notice.line},
                        {"column", notice.column},
                        {"severity", notice.severity},
                        {"sqlstate", notice.sqlstate},
                        {"message", notice.message}});
    }
    return list;
}

void print_plan(Context& context,
                std::string_view verb,
                const std::vector<migrate::MigrationStep>& steps) {
    for (const migrate::MigrationStep& step : steps) {
        context.out << fmt::format(
            "would {} {} ({} statement{}{}{})\n",
            verb,
            step.file_name,
            step.statements,
            step.statements == 1 ? "" : "s",
            step.no_transaction ? ", without a transaction" : "",
            step.has_rollback || step.version.empty() ? "" : ", no rollback");
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
