#include "instance/native_spec.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "config/keys.h"

namespace poststack::instance {
namespace {

namespace key = config::key;

std::string variable(const config::Environment& environment, const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> extra_settings(const config::Settings& settings) {
    std::vector<std::pair<std::string, std::string>> extra;
    for (const std::string& item : settings.list(key::postgres_settings)) {
        const std::size_t equals = item.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw Error(ErrorKind::config,
                        fmt::format("\"{}\" in {} (setting postgres_settings) is not name=value",
                                    item,
                                    settings.source(key::postgres_settings)))
                .hint("Write each server setting as name=value.");
        }
        extra.emplace_back(trim(std::string_view(item).substr(0, equals)),
                           trim(std::string_view(item).substr(equals + 1)));
    }
    return extra;
}

ServerSpec make_server_spec(const config::Project& project,
                            const config::Settings& settings,
                            const config::Environment& environment) {
    ServerSpec spec;
    spec.owner = {.project = project.directory, .project_id = project.id};
    spec.binaries.directory = settings.find_path(key::postgres_bin);
    spec.binaries.path = variable(environment, "PATH");
    if (const auto major = settings.find_number(key::postgres_version)) {
        spec.binaries.major = static_cast<int>(*major);
    }
    spec.initdb = {.locale = settings.text(key::postgres_locale),
                   .timezone = settings.text(key::postgres_time_zone)};
    spec.place = choose_place({.project = project.directory,
                               .state = project.state_dir,
                               .logs = project.log_dir,
                               .project_id = project.id,
                               .environment = environment,
                               .account = settings.find_text(key::postgres_account)});
    spec.listen_addresses = settings.text(key::postgres_listen);
    spec.max_connections = static_cast<int>(settings.number(key::max_connections));
    spec.memory_limit = settings.find_size(key::memory_limit);
    spec.cpu_limit = settings.find_decimal(key::cpu_limit);
    spec.extra_settings = extra_settings(settings);
    spec.start_limit = settings.duration(key::start_timeout);
    spec.stop_limit = settings.duration(key::stop_timeout);
    return spec;
}

}  // namespace poststack::instance
