#include "workflow/init.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "config/keys.h"
#include "sys/signal.h"
#include "workflow/runtimes.h"

namespace poststack::cli {

namespace fs = std::filesystem;

namespace {

struct InitArgs {
    std::string directory;
    std::optional<int> port;
    std::optional<std::string> extensions;
    std::optional<std::string> credentials;
};

/// Asks for one value on the terminal; an empty answer takes the default.
std::string ask(Context& context, const std::string& question, const std::string& fallback) {
    context.err << fmt::format("{} [{}] ", question, fallback) << std::flush;
    std::string answer;
    try {
        // Ctrl-C ends this wait; a blocking read would sit through it.
        (void)sys::wait_readable(STDIN_FILENO, std::chrono::hours(24));
    } catch (const Error&) {
        context.err << '\n';  // behind "^C"
        throw;
    }
    if (!std::getline(std::cin, answer)) {
        // Ctrl-D: whoever answers no more has not agreed to anything.
        context.err << '\n';
        throw Error(ErrorKind::interrupted,
                    "stopped at the end of the answers; nothing was written")
            .signal(SIGINT);
    }
    return trim(answer).empty() ? fallback : std::string(trim(answer));
}

std::vector<std::string> to_list(const std::string& text) {
    std::vector<std::string> items;
    for (const std::string_view item : split(text, ',')) {
        const std::string_view name = trim(item);
        if (name.empty()) continue;
        constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789_-";
        if (name.find_first_not_of(allowed) != std::string_view::npos) {
            throw Error(ErrorKind::usage, fmt::format("\"{}\" is no name of an extension", name))
                .hint("Names are separated by commas, as in pgcrypto,citext.");
        }
        items.emplace_back(name);
    }
    return items;
}

std::uint16_t to_port(const std::string& text) {
    const auto number = parse_integer(text);
    if (!number || *number < 1 || *number > 65535) {
        throw Error(ErrorKind::usage, fmt::format("\"{}\" is no port", text))
            .hint("A port is a whole number from 1 to 65535.");
    }
    return static_cast<std::uint16_t>(*number);
}

/// Asks until `take` accepts the answer: a slip of the fingers does not lose the other answers.
/// `take` is not called for an empty answer or `fallback`.
void ask_until_taken(Context& context,
                     const std::string& question,
                     const std::string& fallback,
                     const std::function<void(const std::string&)>& take) {
    for (;;) {
        const std::string answer = ask(context, question, fallback);
        if (answer == fallback) return;
        try {
            return take(answer);
        } catch (const Error& error) {
            context.err << "  " << error.message() << ". " << error.hint() << '\n';
        }
    }
}

std::string to_runtime(const std::string& text) {
    const std::string name = to_lower(text);
    if (workflow::is_available_runtime(name)) return name;
    throw Error(ErrorKind::usage, fmt::format("this version has no runtime \"{}\"", text))
        .hint(fmt::format("Answer {}.", workflow::available_runtimes_text()));
}

void ask_for_the_rest(Context& context, workflow::InitPlan& plan, bool extensions_given) {
    if (!plan.runtime) {
        ask_until_taken(context,
                        fmt::format("Runtime: {}?", workflow::available_runtimes_text()),
                        "automatic",
                        [&](const std::string& text) { plan.runtime = to_runtime(text); });
    }
    if (!plan.port) {
        ask_until_taken(context,
                        "Port of the server on this machine?",
                        "automatic",
                        [&](const std::string& text) { plan.port = to_port(text); });
    }
    if (!extensions_given) {
        ask_until_taken(
            context, "Extensions, separated by commas?", "none", [&](const std::string& text) {
                plan.extensions = to_list(text);
            });
    }
}

void print_text(Context& context, const workflow::InitResult& result) {
    const auto list = [&](const char* what, const std::vector<std::string>& paths) {
        for (const std::string& path : paths)
            context.out << fmt::format("{:<8} {}\n", what, path);
    };
    list("created", result.created);
    list("changed", result.changed);
    list("kept", result.kept);
    say(context,
        fmt::format("project \"{}\" is set up; type poststack up to start its database",
                    result.project.name));
}

int run_init(Context& context, const InitArgs& args) {
    const fs::path current = fs::current_path();
    fs::path directory = context.options.project_directory.value_or(current);
    if (!args.directory.empty()) {
        if (context.options.project_directory) {
            throw Error(ErrorKind::usage,
                        "the directory was given twice, with and without --project");
        }
        directory = args.directory;
    }
    workflow::InitPlan plan;
    plan.directory = (current / directory).lexically_normal();
    if (!plan.directory.has_filename()) plan.directory = plan.directory.parent_path();
    if (context.options.runtime) {
        workflow::check_runtime_name(*context.options.runtime, "flag --runtime");
        plan.runtime = context.options.runtime;
    }
    if (args.port) plan.port = to_port(std::to_string(*args.port));
    if (args.extensions) plan.extensions = to_list(*args.extensions);
    plan.credentials = args.credentials;
    if (context.options.config_file) plan.config_file = current / *context.options.config_file;
    plan.environment = context.environment;
    const bool fresh = !fs::exists(plan.directory / "poststack.yaml");
    if (fresh && context.in_is_terminal && context.err_is_terminal && !context.options.yes) {
        ask_for_the_rest(context, plan, args.extensions.has_value());
    }
    const workflow::InitResult result = workflow::init(plan);
    for (const std::string& notice : result.notices)
        context.logger.warning(notice);
    if (!context.json()) {
        print_text(context, result);
        return 0;
    }
    context.print({{"project", result.project.name},
                   {"directory", result.project.directory.native()},
                   {"created", result.created},
                   {"changed", result.changed},
                   {"kept", result.kept}});
    return 0;
}

}  // namespace

Command make_init_command() {
    auto args = std::make_shared<InitArgs>();
    return {
        .path = {"init"},
        .summary = "Write the first files of a project",
        .description =
            "Writes poststack.yaml, .env with random credentials, .env.example, migrations/ with a "
            "first pair and seeds/. It never overwrites: what is there stays, and running it again "
            "adds what is missing. On a terminal it asks for runtime, port and extensions "
            "(Ctrl-C and Ctrl-D end it, and nothing is written); with --yes, and where there is no "
            "terminal, it takes the defaults.",
        .options = {{.names = "--port,--postgres-port",
                     .value = "PORT",
                     .help = "Put the server on PORT (default: 5432 or the next free one)",
                     .target = &args->port},
                    {.names = "--extensions",
                     .value = "NAMES",
                     .help = "Create these extensions, separated by commas",
                     .target = &args->extensions},
                    {.names = "--credentials",
                     .value = "SET",
                     .help = "Name the variables in .env as this system does",
                     .target = &args->credentials,
                     .choices = {"postgres", "hive", "semantik"}}},
        .arguments = {{.name = "DIR",
                       .help = "The project's directory (default: this one)",
                       .target = &args->directory}},
        .examples = {"init",
                     "init shop --yes",
                     "init --runtime native --extensions pgcrypto,citext"},
        .run = [args](Context& context) { return run_init(context, *args); }};
}

}  // namespace poststack::cli
