#include "cli/context.h"

#include <chrono>
#include <iostream>
#include <string>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "sys/signal.h"

namespace poststack::cli {

void Context::print(const Json& document) {
    // Names of files and answers of servers may hold bytes that are not UTF-8.
    out << document.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void say(Context& context, std::string_view line) {
    // In one piece: the stream goes out when a text ends in a line end, a lone character stays.
    if (!context.options.quiet) context.err << std::string(line) + '\n';
}

bool confirm(Context& context, const std::string& question) {
    if (context.options.yes) return true;
    if (!context.in_is_terminal || !context.err_is_terminal) {
        throw Error(ErrorKind::usage, fmt::format("cannot ask \"{}\" without a terminal", question))
            .hint("Add --yes when that is what you want.");
    }
    context.err << question << " [y/N] " << std::flush;
    // Ctrl-C ends this wait; a blocking read would sit through it.
    if (sys::wait_readable(STDIN_FILENO, std::chrono::hours(24)) == sys::WaitResult::timeout) {
        return false;
    }
    std::string answer;
    if (!std::getline(std::cin, answer)) return false;
    answer = to_lower(trim(answer));
    return answer == "y" || answer == "yes";
}

}  // namespace poststack::cli
