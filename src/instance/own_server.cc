#include "instance/own_server.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "instance/launcher.h"
#include "instance/native_spec.h"
#include "pgfiles/data_identity.h"
#include "sys/file.h"

namespace poststack::instance {
namespace {

/// An `up` came far enough to leave data or the runtime's name behind.
bool had_a_server(const config::Project& project) {
    return !project.id.empty() && (sys::find_info(project.state_dir / "runtime") ||
                                   sys::find_info(project.state_dir / "postgres"));
}

}  // namespace

std::optional<std::filesystem::path> find_original(const config::Project& project,
                                                   const ServerSpec& spec) {
    if (spec.place.data.string().starts_with(project.state_dir.string())) return std::nullopt;
    const auto identity = pgfiles::find_identity(spec.place.data);
    if (!identity || identity->project_path == project.directory) return std::nullopt;
    const auto origin =
        identity->project_path / project.state_dir.lexically_relative(project.directory) / "id";
    const auto id = sys::find_file(origin, 4096);
    if (!id || trim(*id) != project.id) return std::nullopt;  // it was moved
    return identity->project_path;
}

std::optional<std::uint16_t> own_server_port(const config::Project& project,
                                             const config::Settings& settings,
                                             const config::Environment& environment) {
    if (!had_a_server(project)) return std::nullopt;
    const auto launcher = make_plain_launcher({});
    NativeServer server(make_server_spec(project, settings, environment), *launcher);
    if (const auto original = find_original(project, server.spec())) {
        throw Error(ErrorKind::conflict,
                    fmt::format("project \"{}\" is a copy of the one in \"{}\" and has no database "
                                "of its own yet",
                                project.name,
                                original->native()))
            .hint("Type poststack up to make one.");
    }
    const ServerView view = server.look();
    if (view.state == ServerState::absent) {
        throw Error(ErrorKind::not_found,
                    fmt::format("the database of project \"{}\" is not there: \"{}\" is gone",
                                project.name,
                                server.spec().place.data.native()))
            .hint("Put the directory back, or type poststack up to make an empty database.");
    }
    if (!view.pid_file) {
        throw Error(ErrorKind::timeout,
                    fmt::format("the database server of project \"{}\" is stopped", project.name))
            .hint("Type poststack up to start it.");
    }
    server.settle_sync();
    if (view.pid_file->port == 0) return std::nullopt;  // it is only starting
    return view.pid_file->port;
}

}  // namespace poststack::instance
