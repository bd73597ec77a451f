#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/session.h"
#include "config/keys.h"
#include "workflow/test_connection.h"

namespace poststack::cli {

namespace {

using std::chrono::nanoseconds;

struct Arguments {
    std::optional<int> pool;
    std::optional<int> retries;
};

double to_ms(nanoseconds time) {
    return static_cast<double>(time.count()) / 1e6;
}

Json to_json(const workflow::ConnectionReport& report) {
    Json steps = Json::array();
    for (const auto& step : report.steps) {
        steps.push_back(
            {{"name", step.name}, {"detail", step.detail}, {"duration_ms", to_ms(step.took)}});
    }
    return {{"ok", true},
            {"address", report.address},
            {"database", report.database},
            {"user", report.user},
            {"server_version", report.server_version},
            {"tls", report.tls.empty() ? Json() : Json(report.tls)},
            {"attempts", report.attempts},
            {"steps", std::move(steps)},
            {"round_trip_ms",
             {{"min", to_ms(report.round_trip_min)},
              {"median", to_ms(report.round_trip_median)},
              {"max", to_ms(report.round_trip_max)}}},
            {"pool_size", report.pool_size}};
}

void print_steps(Context& context, const workflow::ConnectionReport& report) {
    if (report.steps.empty()) return;
    Table table({"STEP", "TIME", "DETAIL"});
    table.align_right(1);
    for (const auto& step : report.steps) {
        table.add({step.name, fmt::format("{:.2f} ms", to_ms(step.took)), step.detail});
    }
    context.out << table.to_text();
}

void print_summary(Context& context, const workflow::ConnectionReport& report) {
    context.out << '\n'
                << to_text(
                       {{"server",
                         fmt::format("PostgreSQL {} at {}", report.server_version, report.address)},
                        {"database", report.database},
                        {"user", report.user},
                        {"encrypted", report.tls.empty() ? "no" : report.tls},
                        {"round trip",
                         fmt::format("min {:.2f} ms, median {:.2f} ms, max {:.2f} ms",
                                     to_ms(report.round_trip_min),
                                     to_ms(report.round_trip_median),
                                     to_ms(report.round_trip_max))}});
}

int count_or(const std::optional<int>& given, int otherwise, const char* option) {
    if (!given) return otherwise;
    if (*given >= 0 && *given <= 10'000) return *given;
    throw Error(ErrorKind::usage, fmt::format("{} takes a number from 0 to 10000", option));
}

int run_test(Context& context, const Arguments& arguments) {
    const Session session = open_session(context);
    const pg::ConnInfo login = find_login(context, session);
    workflow::TestConnectionOptions options;
    options.settings = workflow::pool_settings(session.settings);
    options.settings.retry_limit =
        count_or(arguments.retries, options.settings.retry_limit, "--retries");
    options.pool_size = count_or(arguments.pool, options.settings.size, "--pool");
    options.on_retry = [&](const Error& error, std::chrono::milliseconds wait, int failures) {
        say(context,
            fmt::format("{}; trying again in {} ({} of {})",
                        error.message(),
                        human_duration(wait),
                        failures,
                        options.settings.retry_limit));
    };
    workflow::ConnectionReport report;
    try {
        workflow::test_connection(login, options, context.clock, report);
    } catch (const Error&) {
        if (!context.json()) print_steps(context, report);
        throw;
    }
    if (context.json()) {
        context.print(to_json(report));
        return 0;
    }
    print_steps(context, report);
    print_summary(context, report);
    return 0;
}

}  // namespace

Command make_database_test_connection_command() {
    const auto arguments = std::make_shared<Arguments>();
    return {
        .path = {"database", "test-connection"},
        .summary = "Test the connection step by step",
        .description =
            "Resolves the name, connects, logs in, runs SELECT 1, uses a temporary table, measures "
            "round trips and opens a pool of connections. A failure names its step, its reason and "
            "what to do, and has its own exit code: 7 not reached (name, route, port, starting), 6 "
            "refused (password, pg_hba.conf, role), 4 no such database, 3 TLS or not PostgreSQL, 9 "
            "another refusal such as too many connections.\n\n"
            "What may pass by itself is tried again DB_RETRY_LIMIT times, after DB_RETRY_INTERVAL "
            "seconds that double each time, with jitter.",
        .options = {{.names = "--pool",
                     .value = "N",
                     .help = "Open N connections at once; 0: none (default: DB_POOL_SIZE)",
                     .target = &arguments->pool},
                    {.names = "--retries",
                     .value = "N",
                     .help = "Try again N times (default: DB_RETRY_LIMIT)",
                     .target = &arguments->retries}},
        .examples = {"database test-connection",
                     "database test-connection --retries 0 --pool 0 --json"},
        .run = [arguments](Context& context) { return run_test(context, *arguments); }};
}

}  // namespace poststack::cli
