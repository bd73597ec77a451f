#include "cli/run.h"

#include <algorithm>
#include <string>
#include <unistd.h>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/global_options.h"
#include "cli/help.h"
#include "cli/hive.h"
#include "cli/output_stream.h"
#include "cli/parser.h"
#include "cli/report.h"
#include "cli/run_log.h"
#include "instance/log_writer.h"
#include "pg/conninfo.h"
#include "sys/clock.h"
#include "sys/env.h"
#include "sys/log_sinks.h"
#include "sys/signal.h"
#include "sys/stdio.h"

namespace poststack::cli {

namespace {

using Words = std::vector<std::string>;

/// Whether errors are to be JSON. Looked up by hand, because the command line may be what is wrong.
bool wants_json(const Words& args) {
    for (std::size_t index = 0; index < args.size() && args[index] != "--"; ++index) {
        const bool split = args[index] == "--format" && index + 1 < args.size();
        const std::string text = split ? "--format=" + args[index + 1] : args[index];
        if (text == "--json" || text == "--format=json") return true;
    }
    return false;
}

bool wants_colour(const Context& context, bool is_terminal) {
    const auto no_colour = context.environment.find("NO_COLOR");
    return is_terminal && (no_colour == context.environment.end() || no_colour->second.empty());
}

void show_help(Context& context,
               const CommandTable& table,
               std::span<const Option> globals,
               const Words& path) {
    HelpStyle style;
    const std::size_t width = sys::terminal_width();
    if (width > 0) style.width = std::min<std::size_t>(width, 100);
    style.colour = wants_colour(context, context.out_is_terminal);
    context.out << help_text(table, globals, path, style);
}

/// "poststack database" alone: names what could follow.
Error missing_command(const CommandTable& table, const Words& path) {
    Words help = path;
    help.emplace_back("--help");
    return Error(ErrorKind::usage, command_text(path) + " needs a command")
        .hint("Type one of: " + join(next_words(table, path), ", ") + "; " + command_text(help) +
              " describes them.");
}

/// The terminal shows warnings; --verbose, --log-level and POSTSTACK_LOG_LEVEL show more or less.
void set_up_logger(Context& context) {
    LogLevel level = LogLevel::warning;
    const auto variable = context.environment.find("POSTSTACK_LOG_LEVEL");
    if (context.options.log_level) {
        level = parse_log_level(*context.options.log_level, "--log-level");
    } else if (context.options.quiet) {
        level = LogLevel::error;
    } else if (variable != context.environment.end() && !variable->second.empty()) {
        // The variable is for the log files too, and a chatty terminal would hide the results.
        level = std::min(parse_log_level(variable->second, "POSTSTACK_LOG_LEVEL"), level);
    }
    context.logger.add_sink(level, sys::terminal_sink());
}

int run_line(Context& context, Words args) {
    if (auto words = find_hive_command(args)) args = std::move(*words);
    const CommandTable table = all_commands();
    GlobalArgs global_args;
    const std::vector<Option> globals = global_options(global_args);
    bool help_command = false;
    if (!args.empty() && args.front() == "help") {
        help_command = true;
        args.erase(args.begin());
    }
    const CommandLine line = split_command_line(table, globals, args);
    if (!parse_options(globals_for(line.command, globals), line.path, line.before).empty()) {
        throw Error(ErrorKind::bug, "an argument stands before the command words");
    }
    Words values;
    if (line.command != nullptr) {
        values = parse_options(merged_options(*line.command, globals), line.path, line.after);
    }
    if (help_command || global_args.help) {
        show_help(context, table, globals, line.path);
        return 0;
    }
    context.options = to_options(global_args);
    if (global_args.version) return make_version_command().run(context);
    if (line.command == nullptr) throw missing_command(table, line.path);
    assign_arguments(*line.command, values);
    context.command = line.command->path;
    set_up_logger(context);
    return line.command->run(context);
}

int report(Context& context, const Error& error, bool json) {
    context.err << (json ? error_json(error)
                         : error_text(error, wants_colour(context, context.err_is_terminal)));
    return exit_code(error);
}

/// For the way out of a failure, where a second one would only hide the first.
void flush_quietly(std::ostream& out) noexcept {
    try {
        out.flush();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): see above
    }
}

}  // namespace

int run(int argc, char** argv) {
    sys::reserve_standard_fds();
    sys::install_stop_signals();
    pg::forget_environment();
    const Words args(argv + std::min(argc, 1), argv + argc);
    if (args.size() == 2 && args.front() == instance::log_writer_flag) {
        instance::write_log(STDIN_FILENO, args.back());
        return 0;
    }
    const bool out_is_terminal = sys::is_terminal(STDOUT_FILENO);
    DescriptorStream out(STDOUT_FILENO, out_is_terminal, OnFailure::report);
    DescriptorStream err(STDERR_FILENO, true, OnFailure::ignore);
    Context context{.options = {},
                    .environment = sys::environment(),
                    .logger = {},
                    .clock = sys::system_clock(),
                    .out = out,
                    .err = err,
                    .out_is_terminal = out_is_terminal,
                    .err_is_terminal = sys::is_terminal(STDERR_FILENO),
                    .in_is_terminal = sys::is_terminal(STDIN_FILENO)};
    int code = 0;
    try {
        code = run_line(context, args);
        out.flush();
        log_end(context, code);
    } catch (const ReaderGone&) {
        return code;
    } catch (const Error& error) {
        flush_quietly(out);  // what was done before the failure comes first
        log_end(context, error);
        return report(context, error, wants_json(args));
    }
    return code;
}

}  // namespace poststack::cli
