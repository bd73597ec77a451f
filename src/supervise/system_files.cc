#include "supervise/system_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <sys/utsname.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/env.h"
#include "sys/file.h"

namespace poststack::supervise {
namespace {

constexpr std::uint64_t largest_config = 4U << 20;

/// The end of "[abc]" at the start of `pattern`, or npos where it is not closed.
std::size_t set_end(std::string_view pattern) noexcept {
    const std::size_t first = pattern.starts_with("[!") || pattern.starts_with("[^") ? 2 : 1;
    return pattern.find(']', first + 1);  // a "]" right behind the bracket is a member
}

/// True when `letter` is in the set "[a-z_]" or not in "[!a-z]".
bool is_in_set(std::string_view set, char letter) noexcept {
    const bool negated = set[1] == '!' || set[1] == '^';
    const std::string_view members = set.substr(negated ? 2 : 1, set.size() - (negated ? 3 : 2));
    for (std::size_t at = 0; at < members.size(); ++at) {
        const bool is_range = at + 2 < members.size() && members[at + 1] == '-';
        const char last = is_range ? members[at + 2] : members[at];
        if (members[at] <= letter && letter <= last) return !negated;
        if (is_range) at += 2;
    }
    return negated;
}

/// fnmatch(3) by bytes. The C library's brings in its tables of character sets, a quarter of us.
bool matches(std::string_view pattern, std::string_view name) noexcept {
    if (name.starts_with('.') && !pattern.starts_with('.')) return false;
    std::size_t star = std::string_view::npos;  // the last "*" seen, and where it began to match
    std::size_t from = 0;
    std::size_t at = 0;
    std::size_t position = 0;
    while (position < name.size()) {
        std::size_t length = 0;  // of the part of the pattern that fits the next letter
        if (at < pattern.size() && pattern[at] == '*') {
            star = at++;
            from = position;
            continue;
        }
        if (at < pattern.size()) {
            const std::size_t end = pattern[at] == '[' ? set_end(pattern.substr(at)) : 0;
            const bool is_set = pattern[at] == '[' && end != std::string_view::npos;
            if (is_set && is_in_set(pattern.substr(at, end + 1), name[position])) length = end + 1;
            if (!is_set && (pattern[at] == '?' || pattern[at] == name[position])) length = 1;
        }
        if (length > 0) {
            at += length;
            ++position;
        } else if (star != std::string_view::npos) {
            at = star + 1;
            position = ++from;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

bool has_wildcard(std::string_view part) noexcept {
    return part.find_first_of("*?[") != std::string_view::npos;
}

std::vector<std::string> names_in(const std::string& directory) {
    try {
        return sys::list_directory(directory);
    } catch (const Error&) {
        return {};
    }
}

/// The paths that `found` become with one more part of the pattern.
std::vector<std::string> extend(const std::vector<std::string>& found, const std::string& part) {
    std::vector<std::string> next;
    for (const std::string& path : found) {
        if (!has_wildcard(part)) {
            next.push_back(path + "/" + part);
            continue;
        }
        for (const std::string& name : names_in(path.empty() ? "/" : path)) {
            if (matches(part, name)) {
                next.push_back(path + "/" + name);
            }
        }
    }
    return next;
}

}  // namespace

std::vector<std::string> find_matches(const std::string& pattern) {
    const std::string path = std::filesystem::absolute(pattern).string();
    std::vector<std::string> found{""};
    for (const std::string_view part : split(path, '/')) {
        if (!part.empty()) found = extend(found, std::string(part));
    }
    std::erase_if(found, [](const std::string& file) {
        std::error_code error;
        return !std::filesystem::is_regular_file(file, error);
    });
    std::ranges::sort(found);
    return found;
}

Surroundings system_surroundings() {
    Surroundings surroundings;
    surroundings.environment = sys::environment();
    struct utsname names{};
    surroundings.host_name = ::uname(&names) == 0 ? names.nodename : "localhost";
    surroundings.read = [](const std::string& path) {
        return sys::find_file(path, largest_config);
    };
    surroundings.glob = find_matches;
    return surroundings;
}

std::string find_config_file(const std::string& given) {
    if (!given.empty()) return std::filesystem::absolute(given).string();
    if (const auto set = sys::find_env("POSTSTACK_INIT_CONFIG"); set && !set->empty()) {
        return std::filesystem::absolute(*set).string();
    }
    constexpr std::array<const char*, 4> usual{"supervisord.conf",
                                               "etc/supervisord.conf",
                                               "/etc/supervisord.conf",
                                               "/etc/supervisor/supervisord.conf"};
    for (const char* path : usual) {
        std::error_code error;
        if (std::filesystem::is_regular_file(path, error)) {
            return std::filesystem::absolute(path).string();
        }
    }
    throw Error(ErrorKind::not_found, "there is no supervisord.conf in any of the usual places")
        .hint("Name one with -c FILE.");
}

}  // namespace poststack::supervise
