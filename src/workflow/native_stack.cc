#include "workflow/native_stack.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "config/keys.h"
#include "sys/act_as.h"
#include "sys/file.h"

namespace poststack::workflow {
namespace {

namespace key = config::key;

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

std::string variable(const config::Environment& environment, const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
}

instance::ServerSpec make_spec(const StackRequest& request, const config::Project& project) {
    const config::Settings& settings = request.settings;
    instance::ServerSpec spec;
    spec.owner = {.project = project.directory, .project_id = project.id};
    spec.binaries.directory = settings.find_path(key::postgres_bin);
    spec.binaries.path = variable(request.environment, "PATH");
    if (const auto major = settings.find_number(key::postgres_version)) {
        spec.binaries.major = static_cast<int>(*major);
    }
    spec.initdb = {.locale = settings.text(key::postgres_locale),
                   .timezone = settings.text(key::postgres_time_zone)};
    spec.place = instance::choose_place({.project = project.directory,
                                         .state = project.state_dir,
                                         .logs = project.log_dir,
                                         .project_id = project.id,
                                         .environment = request.environment,
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

std::filesystem::path runtime_file(const config::Project& project) {
    return project.state_dir / "runtime";
}

}  // namespace

NativeStack::NativeStack(const StackRequest& request, const config::Project& project)
    : launcher_(instance::make_plain_launcher(request.log_writer)),
      server_(std::make_unique<instance::NativeServer>(make_spec(request, project), *launcher_)) {}

void check_runtime(const StackRequest& request, const config::Project& project) {
    const auto wanted = request.settings.find_text(key::runtime);
    if (wanted && *wanted != "native") {
        throw Error(ErrorKind::config,
                    fmt::format("runtime \"{}\" ({}) is not available in this version of poststack",
                                *wanted,
                                request.settings.source(key::runtime)))
            .hint("Use the native runtime: --runtime native, or leave the setting out.");
    }
    const auto recorded = sys::find_file(runtime_file(project), 256);
    if (!recorded || trim(*recorded) == "native") return;
    throw Error(ErrorKind::config,
                fmt::format("this stack was made with runtime \"{}\", which is not available in "
                            "this version of poststack",
                            trim(*recorded)))
        .hint("Use the poststack that made it.");
}

void record_runtime(const config::Project& project) {
    if (sys::find_info(runtime_file(project))) return;
    (void)sys::create_file(
        runtime_file(project), "native\n", {.mode = 0600, .owner = config::file_owner(project)});
}

pg::ConnInfo own_login(const StackRequest& request,
                       const instance::Credentials& credentials,
                       const instance::ServerView& view) {
    pg::ConnInfo login;
    login.host = credentials.host.empty() ? "localhost" : credentials.host;
    login.port = view.pid_file && view.pid_file->port != 0 ? view.pid_file->port
                                                           : credentials.port.value_or(5432);
    login.user = credentials.user;
    login.password = credentials.password.clone();
    login.database = credentials.database;
    const auto limit = request.settings.duration(key::connect_timeout);
    login.connect_timeout = std::chrono::duration_cast<std::chrono::seconds>(limit);
    return login;
}

Endpoint endpoint_of(const instance::Credentials& credentials, const instance::ServerView& view) {
    Endpoint endpoint;
    endpoint.host = credentials.host.empty() ? "localhost" : credentials.host;
    endpoint.port = credentials.port.value_or(0);
    endpoint.user = credentials.user;
    endpoint.database = credentials.database;
    if (view.pid_file) {
        if (view.pid_file->port != 0) endpoint.port = view.pid_file->port;
        endpoint.socket_directory = view.pid_file->socket_directory;
    }
    return endpoint;
}

}  // namespace poststack::workflow
