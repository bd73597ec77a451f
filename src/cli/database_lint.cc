#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/database_lint_output.h"
#include "cli/session.h"
#include "lint/inputs.h"
#include "lint/linter.h"
#include "lint/live.h"
#include "migrate/ledger.h"
#include "pg/connection.h"
#include "sys/env.h"

namespace poststack::cli {

namespace {

struct Arguments {
    std::vector<std::string> files;
    std::optional<std::string> fail_on;
    std::optional<std::string> rules;
    std::optional<std::string> except;
    bool live = false;
    bool list_rules = false;
};

/// Names of a comma-separated list. Errors: usage for a name that no rule has.
std::set<std::string> read_rule_names(const std::optional<std::string>& list, const char* option) {
    std::set<std::string> names;
    if (!list) return names;
    for (const std::string_view piece : split(*list, ',')) {
        const std::string rule(trim(piece));
        if (lint::find_rule(rule) == nullptr) {
            throw Error(ErrorKind::usage, fmt::format("{} names no rule: \"{}\"", option, rule))
                .hint(lint::spelling_hint(rule));
        }
        names.insert(rule);
    }
    return names;
}

void keep_chosen(lint::LintReport& report, const Arguments& arguments) {
    const std::set<std::string> only = read_rule_names(arguments.rules, "--rules");
    const std::set<std::string> except = read_rule_names(arguments.except, "--except");
    std::erase_if(report.findings, [&](const lint::Finding& finding) {
        const std::string rule(finding.rule->name);
        return (!only.empty() && !only.contains(rule)) || except.contains(rule);
    });
}

/// True when something is found at or above the severity named by --fail-on.
bool is_failed(const lint::LintReport& report, const std::optional<std::string>& fail_on) {
    if (fail_on == "never") return false;
    lint::Severity least = lint::Severity::error;
    if (fail_on == "warning") least = lint::Severity::warning;
    if (fail_on == "info") least = lint::Severity::info;
    return std::any_of(report.findings.begin(), report.findings.end(), [&](const auto& finding) {
        return finding.rule->severity >= least;
    });
}

std::set<std::string> applied_stems(pg::Connection& connection) {
    std::set<std::string> stems;
    for (const migrate::LedgerEntry& entry : migrate::read_ledger(connection).entries)
        stems.insert(std::filesystem::path(entry.file_name).stem().native());
    return stems;
}

lint::LintReport run_linter(Context& context, const Arguments& arguments) {
    const bool live = arguments.live || context.options.database_url.has_value();
    if (!arguments.files.empty() && !live) {
        const auto as_typed = [](const std::filesystem::path& path) { return path.native(); };
        return lint::lint(lint::pairs_of_files(arguments.files, as_typed));
    }
    const Session session = open_session(context);
    const auto display = [&](const std::filesystem::path& path) {
        return session.project.display(path);
    };
    const bool whole = arguments.files.empty();
    auto pairs = whole ? lint::pairs_of_directory(session.project.migrations, display)
                       : lint::pairs_of_files(arguments.files, display);
    if (!live) return lint::lint(pairs);
    constexpr std::chrono::seconds limit(10);
    pg::Connection connection(find_login(context, session), limit);
    lint::leave_out_applied(pairs, applied_stems(connection), !whole);
    return lint::lint(pairs, lint::load_schema(connection));
}

int run_lint(Context& context, const Arguments& arguments) {
    if (arguments.list_rules) {
        if (context.json()) {
            context.print(rules_as_json());
        } else {
            context.out << rules_as_text(sys::terminal_width());
        }
        return 0;
    }
    lint::LintReport report = run_linter(context, arguments);
    keep_chosen(report, arguments);
    const bool failed = is_failed(report, arguments.fail_on);
    if (context.json()) {
        context.print(findings_as_json(report, failed));
    } else if (context.options.format == Format::github) {
        context.out << findings_as_annotations(report);
    } else {
        context.out << findings_as_text(report);
    }
    return failed ? 1 : 0;
}

}  // namespace

Command make_database_lint_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {
        .path = {"database", "lint"},
        .summary = "Find what hurts in migrations before they run",
        .description =
            "Reads the project's migrations and rollbacks, or FILE, and says which lock each "
            "risky statement takes, whether it rewrites or scans the table, why that hurts and "
            "what to write instead; and whether each rollback fits its migration. With --live or "
            "--url it looks at the database: applied migrations are left out, empty tables are "
            "fine, and sizes are told.\n\n"
            "\"-- poststack: ignore RULE, RULE\" above a statement switches rules off for it, "
            "\"-- poststack: ignore-file RULE\" for the file. Statements newer than PostgreSQL "
            "15's grammar are not analysed. All rules: docs/lint.md.",
        .options = {{.names = "--fail-on",
                     .value = "SEVERITY",
                     .help = "Exit with 1 from this severity on (default: error)",
                     .target = &arguments->fail_on,
                     .choices = {"error", "warning", "info", "never"}},
                    {.names = "--rules",
                     .value = "NAMES",
                     .help = "Report these rules only, separated by commas",
                     .target = &arguments->rules},
                    {.names = "--except",
                     .value = "NAMES",
                     .help = "Leave these rules out, separated by commas",
                     .target = &arguments->except},
                    {.names = "--live",
                     .value = "",
                     .help = "Look at the project's database (--url: at another one)",
                     .target = &arguments->live},
                    {.names = "--list-rules",
                     .value = "",
                     .help = "List the rules and stop",
                     .target = &arguments->list_rules}},
        .arguments = {{.name = "FILE",
                       .help = "SQL files or directories (default: the project's migrations)",
                       .target = &arguments->files}},
        .examples = {"database lint",
                     "database lint --live --fail-on warning",
                     "database lint --format github migrations/007_orders.sql",
                     "database lint --list-rules"},
        .github = true,
        .run = [arguments](Context& context) { return run_lint(context, *arguments); }};
}

}  // namespace poststack::cli
