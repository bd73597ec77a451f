#include "supervise/system_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fnmatch.h>
#include <sys/utsname.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/env.h"
#include "sys/file.h"

namespace poststack::supervise {
namespace {

constexpr std::uint64_t largest_config = 4U << 20;

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
            if (::fnmatch(part.c_str(), name.c_str(), FNM_PERIOD) == 0) {
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
