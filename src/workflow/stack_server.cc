#include "workflow/stack_server.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "config/keys.h"
#include "engine/client.h"
#include "instance/native_spec.h"
#include "instance/server.h"
#include "sys/act_as.h"
#include "sys/file.h"
#include "sys/user.h"
#include "workflow/runtimes.h"

namespace poststack::workflow {
namespace {

namespace key = config::key;

std::filesystem::path runtime_file(const config::Project& project) {
    return project.state_dir / "runtime";
}

}  // namespace

std::string find_runtime(const StackRequest& request, const config::Project& project) {
    const auto wanted = request.settings.find_text(key::runtime);
    if (wanted) check_runtime_name(*wanted, request.settings.source(key::runtime));
    const auto file = sys::find_file(runtime_file(project), 256);
    if (!file) return wanted.value_or("native");
    std::string recorded(trim(*file));
    if (!is_available_runtime(recorded)) {
        throw Error(ErrorKind::config,
                    fmt::format("this stack was made with runtime \"{}\", which this version of "
                                "poststack does not have",
                                recorded))
            .hint("Use the poststack that made it.");
    }
    if (wanted && *wanted != recorded) {
        throw Error(ErrorKind::conflict,
                    fmt::format("this stack runs on \"{}\", not on \"{}\" ({})",
                                recorded,
                                *wanted,
                                request.settings.source(key::runtime)))
            .hint("Leave the runtime out: the stack's data is where it was made.");
    }
    return recorded;
}

engine::EndpointQuery engine_query(const StackRequest& request, const std::string& runtime) {
    engine::EndpointQuery query;
    query.wanted = runtime == "podman" ? engine::EngineKind::podman : engine::EngineKind::docker;
    query.address = request.settings.find_text(key::engine_host);
    if (query.address) query.address_source = request.settings.source(key::engine_host);
    query.environment = request.environment;
    const sys::Account account = sys::current_account();
    query.uid = account.uid;
    query.home = account.home;
    const auto home = request.environment.find("HOME");
    if (home != request.environment.end() && !home->second.empty()) query.home = home->second;
    return query;
}

StackServer::StackServer(const StackRequest& request, const config::Project& project) {
    const std::string runtime = find_runtime(request, project);
    if (runtime == "native") {
        launcher_ = instance::make_plain_launcher(request.log_writer);
        server_ = std::make_unique<instance::NativeServer>(
            instance::make_server_spec(project, request.settings, request.environment), *launcher_);
        return;
    }
    auto server = std::make_unique<instance::ContainerServer>(
        instance::make_container_spec(project, request.settings, request.environment),
        engine::connect(engine_query(request, runtime)));
    container_ = server.get();
    server_ = std::move(server);
}

sys::FileLock lock_project(const StackRequest& request, const config::Project& project) {
    const auto owner = config::file_owner(project);
    const sys::ActAs as(
        owner ? sys::Account{.name = {}, .uid = owner->uid, .gid = owner->gid, .home = {}}
              : sys::current_account());
    const auto limit =
        request.settings.duration(key::lock_wait) + request.settings.duration(key::start_timeout);
    return sys::FileLock::acquire(
        project.state_dir / "up.lock", limit, fmt::format("project \"{}\"", project.name));
}

void record_runtime(const config::Project& project, const std::string& runtime) {
    if (sys::find_info(runtime_file(project))) return;
    (void)sys::create_file(runtime_file(project),
                           runtime + "\n",
                           {.mode = 0600, .owner = config::file_owner(project)});
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
    login.sslmode = "prefer";  // whatever PGSSLMODE asks of databases elsewhere
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
