#include "sys/env.h"

#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

namespace poststack::sys {

std::optional<std::string> find_env(const std::string& name) {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): never set
    if (value == nullptr) return std::nullopt;
    return value;
}

std::map<std::string, std::string> environment() {
    std::map<std::string, std::string> variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (equals == 0 || equals == std::string_view::npos) continue;
        variables.emplace(text.substr(0, equals), text.substr(equals + 1));  // the first one counts
    }
    return variables;
}

bool is_terminal(int fd) noexcept {
    return ::isatty(fd) == 1;
}

std::size_t terminal_width() {
    if (!is_terminal(STDOUT_FILENO)) return 0;
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    const auto columns = parse_integer(find_env("COLUMNS").value_or(""));
    return columns && *columns > 0 ? static_cast<std::size_t>(*columns) : 0;
}

}  // namespace poststack::sys
