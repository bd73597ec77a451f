#include "cli/global_options.h"

#include "base/error.h"
#include "base/log.h"

namespace poststack::cli {

namespace {

/// A wrong word in a variable is a configuration error, the same word typed is one of usage.
void check_log_level(const std::string& text) {
    try {
        static_cast<void>(parse_log_level(text, "--log-level"));
    } catch (const Error& error) {
        throw Error(ErrorKind::usage, error.message()).hint(error.hint());
    }
}

}  // namespace

std::vector<Option> global_options(GlobalArgs& args) {
    return {
        {.names = "--format",
         .value = "FORMAT",
         .help = "Write results in this format",
         .target = &args.format,
         .choices = {"text", "json"}},  // and github: globals_for()
        {.names = "--json", .value = "", .help = "Same as --format json", .target = &args.json},
        {.names = "--project",
         .value = "DIR",
         .help = "Use the project in DIR (default: this directory or a parent)",
         .target = &args.project},
        {.names = "-f,--file",
         .value = "FILE",
         .help = "Use this compose file, and with it another stack",
         .target = &args.files},
        {.names = "--config-file",
         .value = "FILE",
         .help = "Read settings from FILE instead of poststack.yaml",
         .target = &args.config_file},
        {.names = "--runtime",
         .value = "RUNTIME",
         .help = "Run on this runtime",
         .target = &args.runtime,
         .choices = {"podman", "docker", "native"}},
        {.names = "--url,--database-url",
         .value = "URL",
         .help = "Use the database at URL",
         .target = &args.database_url},
        {.names = "--log-level",
         .value = "LEVEL",
         .help = "Log error, warning, info, debug or trace",
         .target = &args.log_level},
        {.names = "--log-dir",
         .value = "DIR",
         .help = "Write log files to DIR",
         .target = &args.log_dir},
        {.names = "-v,--verbose",
         .value = "",
         .help = "Same as --log-level debug",
         .target = &args.verbose},
        {.names = "-q,--quiet",
         .value = "",
         .help = "Write results and errors only",
         .target = &args.quiet},
        {.names = "-y,--yes",
         .value = "",
         .help = "Answer every question with yes",
         .target = &args.yes},
        {.names = "-h,--help", .value = "", .help = "Show this help", .target = &args.help},
        {.names = "--version", .value = "", .help = "Show the version", .target = &args.version},
    };
}

GlobalOptions to_options(const GlobalArgs& args) {
    if (args.verbose && args.quiet) {
        throw Error(ErrorKind::usage, "--verbose and --quiet contradict each other");
    }
    if (args.json && args.format && *args.format != "json") {
        throw Error(ErrorKind::usage,
                    "--json and --format " + *args.format + " contradict each other");
    }
    if (args.log_level) check_log_level(*args.log_level);
    GlobalOptions options;
    if (args.json || args.format == "json") options.format = Format::json;
    if (args.format == "github") options.format = Format::github;
    if (args.project) options.project_directory = *args.project;
    options.compose_files.assign(args.files.begin(), args.files.end());
    if (args.config_file) options.config_file = *args.config_file;
    options.runtime = args.runtime;
    options.log_level = args.log_level;
    if (args.verbose && !args.log_level) options.log_level = "debug";
    options.log_dir = args.log_dir;
    options.database_url = args.database_url;
    options.quiet = args.quiet;
    options.yes = args.yes;
    options.verbose = args.verbose;
    return options;
}

}  // namespace poststack::cli
