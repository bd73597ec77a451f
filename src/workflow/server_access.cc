#include "workflow/server_access.h"

#include <fmt/format.h>

#include "base/error.h"
#include "engine/exec.h"
#include "instance/own_server.h"
#include "sys/file.h"
#include "workflow/engine_access.h"
#include "workflow/stack_server.h"

namespace poststack::workflow {

namespace {

[[noreturn]] void throw_no_container(const StackRequest& request) {
    throw Error(ErrorKind::not_found,
                fmt::format("there is no container of \"{}\"", request.project.name))
        .hint("Start it: poststack up");
}

}  // namespace

bool is_in_container(const StackRequest& request) {
    return find_runtime(request, request.project) != "native";
}

void read_server_output(const StackRequest& request,
                        const OutputQuery& query,
                        const std::function<void(std::string_view)>& on_output) {
    const StackServer stack(request, request.project);
    const auto* server = stack.container();
    const auto container = server == nullptr ? std::nullopt : server->find();
    if (!container) throw_no_container(request);
    engine::read_logs(server->client(),
                      *container,
                      {.tail = query.tail, .follow = query.follow},
                      [&](engine::Channel, std::string_view part) { on_output(part); });
}

int run_in_container(const StackRequest& request,
                     engine::ExecSpec spec,
                     const engine::OwnStreams& streams) {
    require_container_runtime(request, "open a shell in");
    const StackServer stack(request, request.project);
    const auto container = stack.container()->find();
    if (!container) throw_no_container(request);
    if (container->state != engine::ContainerState::running) {
        throw Error(ErrorKind::conflict,
                    fmt::format("container \"{}\" does not run", container->name))
            .hint("Start it: poststack up");
    }
    spec.container = container->id;
    return engine::attach_inside(stack.container()->client(), spec, streams);
}

std::optional<std::uint16_t> own_server_port(const StackRequest& request) {
    const config::Project& project = request.project;
    if (!is_in_container(request)) {
        return instance::own_server_port(project, request.settings, request.environment);
    }
    if (project.id.empty() || !sys::find_info(project.state_dir / "runtime")) return std::nullopt;
    const StackServer stack(request, project);
    const instance::ServerView view = stack.server().look();
    if (view.state == instance::ServerState::absent) {
        throw Error(ErrorKind::not_found,
                    fmt::format("the database of project \"{}\" is not there: {} is gone",
                                project.name,
                                stack.server().data_place()))
            .hint("Put it back, or type poststack up to make an empty database.");
    }
    if (!view.pid_file) {
        throw Error(ErrorKind::timeout,
                    fmt::format("the database server of project \"{}\" is stopped", project.name))
            .hint("Type poststack up to start it.");
    }
    if (view.pid_file->port == 0) return std::nullopt;
    return view.pid_file->port;
}

std::optional<pg::ConnInfo> find_superuser_login(const StackRequest& request) {
    if (request.project.id.empty()) return std::nullopt;
    const StackServer stack(request, request.project);
    const instance::ServerView view = stack.server().look();
    if (view.state != instance::ServerState::running) return std::nullopt;
    return stack.server().superuser_login(view);
}

}  // namespace poststack::workflow
