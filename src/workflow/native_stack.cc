#include "workflow/native_stack.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "config/keys.h"
#include "instance/native_spec.h"
#include "sys/act_as.h"
#include "sys/file.h"
#include "workflow/runtimes.h"

namespace poststack::workflow {
namespace {

namespace key = config::key;

std::filesystem::path runtime_file(const config::Project& project) {
    return project.state_dir / "runtime";
}

}  // namespace

NativeStack::NativeStack(const StackRequest& request, const config::Project& project)
    : launcher_(instance::make_plain_launcher(request.log_writer)),
      server_(std::make_unique<instance::NativeServer>(
          instance::make_server_spec(project, request.settings, request.environment), *launcher_)) {
}

void check_runtime(const StackRequest& request, const config::Project& project) {
    const auto wanted = request.settings.find_text(key::runtime);
    if (wanted) check_runtime_name(*wanted, request.settings.source(key::runtime));
    const auto recorded = sys::find_file(runtime_file(project), 256);
    if (!recorded || is_available_runtime(trim(*recorded))) return;
    throw Error(ErrorKind::config,
                fmt::format("this stack was made with runtime \"{}\", which is not available in "
                            "this version of poststack",
                            trim(*recorded)))
        .hint("Use the poststack that made it.");
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
