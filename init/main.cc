// poststack-init: the supervisor. Reads its arguments, reports errors, and exits; nothing else.
#include <chrono>
#include <exception>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "supervise/config.h"
#include "supervise/ctl.h"
#include "supervise/daemon.h"
#include "supervise/health_client.h"
#include "supervise/review.h"
#include "supervise/system_files.h"
#include "sys/stdio.h"

#ifndef POSTSTACK_VERSION
#define POSTSTACK_VERSION "0"
#endif

namespace poststack::init {
namespace {

constexpr std::string_view help_text =
    R"(usage: poststack-init [-c FILE]              run the programs of a supervisord.conf
       poststack-init check FILE             say what is wrong with it, and show the plan
       poststack-init [-c FILE] health       ask the running one: 0 ready, 1 not ready
       poststack-init [-c FILE] ctl COMMAND  steer the running one, as supervisorctl does:
                                             status, start, stop, restart, tail ...
       poststack-init version

  -c FILE   the configuration; without it ./supervisord.conf, ./etc/supervisord.conf,
            /etc/supervisord.conf and /etc/supervisor/supervisord.conf are tried
  -n        accepted and ignored: it always stays in the foreground

The keys, the exit codes and the signals are described in docs/supervision.md.
)";

void print(int fd, const std::string& text) {
    (void)sys::write_standard(fd, text);
}

struct Arguments {
    std::string config;
    std::vector<std::string> words;
    bool help = false;
};

[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorKind::usage, what).hint("See \"poststack-init --help\".");
}

Arguments read_arguments(const std::vector<std::string>& argv) {
    Arguments arguments;
    for (std::size_t at = 1; at < argv.size(); ++at) {
        const std::string& word = argv[at];
        if (word == "-c" || word == "--configuration") {
            if (at + 1 >= argv.size()) refuse("-c needs the name of a file");
            arguments.config = argv[++at];
        } else if (word.starts_with("--configuration=")) {
            arguments.config = word.substr(16);
        } else if (word == "-h" || word == "--help") {
            arguments.help = true;
        } else if (word == "-v" || word == "--version") {
            arguments.words.emplace_back("version");
        } else if (word == "-n" || word == "--nodaemon") {
            continue;
        } else if (word.starts_with('-') && arguments.words.empty()) {
            refuse(fmt::format("unknown option \"{}\"", word));
        } else {
            arguments.words.push_back(word);
        }
    }
    return arguments;
}

int run_programs(const Arguments& arguments, const std::vector<std::string>& argv) {
    const std::string file = supervise::find_config_file(arguments.config);
    const auto read = [file] {
        return supervise::read_config(file, supervise::system_surroundings());
    };
    return supervise::run_daemon(read(), {.config_file = file, .argv = argv, .reread = read});
}

supervise::Config read_file(const std::string& name) {
    return supervise::read_config(supervise::find_config_file(name),
                                  supervise::system_surroundings());
}

int check(const Arguments& arguments) {
    if (arguments.words.size() > 2) refuse("check takes one file");
    const auto config =
        read_file(arguments.words.size() > 1 ? arguments.words[1] : arguments.config);
    std::string text;
    for (const supervise::Notice& notice : supervise::review(config))
        text += fmt::format("{}: {}\n", notice.place.to_text(), notice.text);
    if (!text.empty()) text += "\n";
    print(STDOUT_FILENO, text + supervise::describe_plan(config));
    return 0;
}

int health(const Arguments& arguments) {
    constexpr std::chrono::milliseconds limit{5000};
    const auto report = supervise::ask_health(read_file(arguments.config), "/health/ready", limit);
    print(STDOUT_FILENO, report.body);
    return report.ready ? 0 : 1;
}

int control(const Arguments& arguments) {
    const std::vector<std::string> words(arguments.words.begin() + 1, arguments.words.end());
    supervise::check_ctl(words);
    const auto outcome = supervise::run_ctl(read_file(arguments.config), words);
    print(STDOUT_FILENO, outcome.text);
    return outcome.code;
}

int run(const std::vector<std::string>& argv) {
    const Arguments arguments = read_arguments(argv);
    if (arguments.help) {
        print(STDOUT_FILENO, std::string(help_text));
        return 0;
    }
    if (arguments.words.empty()) return run_programs(arguments, argv);
    const std::string& command = arguments.words.front();
    if (command == "version") {
        print(STDOUT_FILENO, POSTSTACK_VERSION "\n");
        return 0;
    }
    if (command == "check") return check(arguments);
    if (command == "health") return health(arguments);
    if (command == "ctl") return control(arguments);
    refuse(fmt::format("unknown command \"{}\"", command));
}

}  // namespace
}  // namespace poststack::init

int main(int argc, char** argv) {
    using poststack::Error;
    poststack::sys::reserve_standard_fds();
    try {
        return poststack::init::run(std::vector<std::string>(argv, argv + argc));
    } catch (const Error& error) {
        std::string text = fmt::format("poststack-init: error: {}\n", error.what());
        for (const std::string& step : error.context())
            text += fmt::format("  while {}\n", step);
        if (!error.hint().empty()) text += fmt::format("  hint: {}\n", error.hint());
        poststack::init::print(STDERR_FILENO, text);
        return poststack::exit_code(error);
    } catch (const std::exception& error) {
        poststack::init::print(
            STDERR_FILENO,
            fmt::format("poststack-init: bug: {}; please report it\n", error.what()));
        return 70;
    }
}
