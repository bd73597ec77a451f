
#include "migrate/status.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "config/keys.h"
#include "engine/exec.h"
#include "pg/connection.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "workflow/stack.h"
#include "workflow/stack_server.h"

namespace poststack::workflow {
namespace {

namespace key = config::key;
using instance::ServerState;

std::optional<instance::Credentials> own_credentials(const StackRequest& request) {
    return instance::find_credentials(
        request.env, request.project, request.settings, request.environment);
}

pg::Connection log_in(const StackRequest& request,
                      const instance::Credentials& credentials,
                      const instance::ServerView& view) {
    return pg::Connection(own_login(request, credentials, view),
                          request.settings.duration(key::connect_timeout));
}

/// Everything that needs SQL, in one round trip after the login.
void ask_server(pg::Connection& session, const StackRequest& request, Status& status) {
    const pg::Result row = session.query(
        "SELECT pg_catalog.current_setting('server_version'),"
        " pg_catalog.pg_database_size(pg_catalog.current_database()),"
        " (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity"
        "  WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()),"
        " pg_catalog.current_setting('max_connections')");
    status.version = row.value(0, 0);
    status.size = static_cast<std::uint64_t>(row.number(0, 1));
    status.connections = static_cast<int>(row.number(0, 2));
    status.max_connections = static_cast<int>(row.number(0, 3));
    if (!sys::find_info(request.project.migrations, true)) return;
    std::vector<std::string> schemas = request.settings.list(key::schemas);
    if (schemas.empty()) schemas.emplace_back();  // the database's own ledger
    MigrationCounts all;
    for (const std::string& schema : schemas) {
        const auto counts =
            migrate::summary(session, request.project.migrations, {}, migrate::LedgerPlace(schema));
        all.applied += counts.applied;
        all.pending += counts.pending;
        all.changed += counts.changed;
    }
    status.migrations = all;
}

constexpr int shown_lines = 8;

/// Nothing when it could not be asked: the rest of the answer is worth more.
void add_usage(const engine::Client& client, ContainerStatus& status) {
    const auto usage = engine::find_usage(client, status.name);
    if (!usage) return;
    status.memory = usage->memory;
    status.cpu_seconds = usage->cpu_seconds;
}

/// Why a container that does not run does not, and what to do. Somebody else may have stopped,
/// killed or paused it.
void explain(const instance::ContainerServer& server,
             const engine::Container& container,
             Status& status) {
    using enum engine::ContainerState;
    switch (container.state) {
        case paused:
            status.problem = "the container is paused";
            status.hint =
                fmt::format("Let it go on: {} unpause {}", server.runtime(), container.name);
            return;
        case restarting: status.problem = "it ends and is restarted"; break;
        case exited:
        case dead:
            if (container.exit_code == 0 && container.error.empty()) return;
            status.problem = "it " + instance::end_in_words(container);
            break;
        default: return;
    }
    status.hint = container.oom_killed ? "Raise memory_limit, or ask less of the server; then: "
                                         "poststack up"
                                       : "Start it again: poststack up. A new container on the "
                                         "same data: poststack up --recreate";
    status.container->last_lines =
        mask_secrets(engine::log_tail(server.client(), container, shown_lines));
}

/// Where it is, and of a container how it fares.
void describe_place(const StackServer& stack, Status& status) {
    const auto* server = stack.container();
    if (server == nullptr) {
        status.data_directory = stack.server().data_place();
        return;
    }
    ContainerStatus& place = status.container.emplace();
    place.name = server->spec().container;
    place.volume = server->spec().volume;
    const auto container = server->find();
    if (!container) {
        status.hint = "The container is made again on its volume by: poststack up";
        return;
    }
    place.image = container->image;
    place.state = name(container->state);
    place.restarts = container->restarts;
    place.oom_killed = container->oom_killed;
    const bool has_ended = container->state == engine::ContainerState::exited ||
                           container->state == engine::ContainerState::dead;
    if (has_ended) place.exit_code = container->exit_code;
    place.since = (has_ended ? container->finished : container->started).value_or("");
    for (const engine::Port& port : container->ports) {
        place.ports.push_back(fmt::format(
            "{}:{}->{}/{}", port.host_ip, port.host_port, port.container_port, port.protocol));
    }
    // Of a container without a limit the engines call the machine's memory one.
    if (container->granted.memory > 0) {
        place.memory_limit = static_cast<std::uint64_t>(container->granted.memory);
    }
    if (container->state == engine::ContainerState::running) add_usage(server->client(), place);
    explain(*server, *container, status);
}

}  // namespace

Status status(const StackRequest& request) {
    Status status;
    status.runtime = find_runtime(request, request.project);
    status.state = name(ServerState::absent);
    const auto credentials = own_credentials(request);
    if (credentials) status.endpoint = endpoint_of(*credentials, {});
    if (request.project.id.empty()) return status;

    const StackServer stack(request, request.project);
    const instance::ServerView view = stack.server().look();
    status.state = name(view.state);
    if (view.state != ServerState::absent) describe_place(stack, status);
    if (!view.pid_file) return status;
    status.pid = view.pid_file->pid;
    status.uptime = std::chrono::duration_cast<std::chrono::seconds>(sys::system_clock().today() -
                                                                     view.pid_file->started);
    if (!credentials) {
        status.problem = "there are no credentials for it; run \"poststack up\"";
        return status;
    }
    status.endpoint = endpoint_of(*credentials, view);
    if (view.state != ServerState::running) return status;
    try {
        pg::Connection session = log_in(request, *credentials, view);
        ask_server(session, request, status);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        status.problem = error.message();
    }
    return status;
}

Health health(const StackRequest& request) {
    const auto began = sys::system_clock().now();
    (void)find_runtime(request, request.project);
    Health health;
    const auto finish = [&] {
        health.took = sys::system_clock().now() - began;
        return health;
    };
    health.state = name(ServerState::absent);
    health.reason = "there is no server yet";
    health.hint = "Run \"poststack up\".";
    if (request.project.id.empty()) return finish();

    const StackServer stack(request, request.project);
    const instance::ServerView view = stack.server().look();
    health.state = name(view.state);
    if (view.state == ServerState::absent) return finish();
    if (view.state != ServerState::running) {
        health.reason = fmt::format("the server is {}", health.state);
        return finish();
    }
    const auto credentials = own_credentials(request);
    if (!credentials) {
        health.reason = "there are no credentials for it";
        return finish();
    }
    try {
        pg::Connection session = log_in(request, *credentials, view);
        session.set_statement_limit(request.settings.duration(key::connect_timeout));
        (void)session.query("SELECT 1");
        stack.server().settle_sync();  // ready is never said of what a power failure could take
        health.ready = true;
        health.reason.clear();
        health.hint.clear();
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        health.reason = error.message();
        health.hint = error.hint();
    }
    return finish();
}

}  // namespace poststack::workflow
