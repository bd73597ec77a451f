#include <fmt/format.h>

#include "base/error.h"
#include "engine/storage.h"
#include "instance/volume.h"
#include "workflow/containers.h"
#include "workflow/engine_access.h"
#include "workflow/stack_server.h"

namespace poststack::workflow {
namespace {

/// What would die, once it has proved to be ours: "volume shop_postgres_data: ...". Errors:
/// conflict when it is not.
std::string look_at_volume(const instance::ContainerServer& server, bool has_container) {
    const auto& spec = server.spec();
    const auto contents = has_container
                              ? instance::read_volume(server.client(), spec, spec.container)
                              : instance::read_lone_volume(server.client(), spec);
    instance::check_own_volume(spec, contents);
    if (!contents.major) return fmt::format("volume \"{}\", which is empty", spec.volume);
    return fmt::format(
        "volume \"{}\" with the database of PostgreSQL {} that project \"{}\" made (system "
        "identifier {})",
        spec.volume,
        *contents.major,
        spec.project,
        contents.system_identifier.value_or(0));
}

/// The server's volume when there is one. Errors: conflict when its label is another's.
bool has_own_volume(const instance::ContainerServer& server) {
    const auto& spec = server.spec();
    const auto volume = engine::find_volume(server.client(), spec.volume);
    if (!volume) return false;
    if (server.is_own(volume->labels)) return true;
    throw Error(ErrorKind::conflict,
                fmt::format("volume \"{}\" stays: it is not this project's", spec.volume))
        .hint("Look at what it holds with the engine's own tool.");
}

}  // namespace

RemoveResult remove_container(const StackRequest& request, const RemoveQuery& query) {
    require_container_runtime(request, "remove");
    RemoveResult result;
    if (request.project.id.empty()) return result;
    const sys::FileLock lock = lock_project(request, request.project);
    StackServer stack(request, request.project);
    const instance::ContainerServer& server = *stack.container();
    const auto container = server.find();
    if (container && container->state == engine::ContainerState::running && !query.force) {
        throw Error(ErrorKind::conflict, fmt::format("container \"{}\" runs", container->name))
            .hint("Stop it first: poststack container stop. Or add --force, which stops it.");
    }
    const bool drop = query.volumes && has_own_volume(server);
    if (drop) {
        const std::string what = look_at_volume(server, container.has_value());
        if (!query.confirm || !query.confirm(what)) {
            throw Error(ErrorKind::conflict,
                        "nothing was removed: the question was not answered "
                        "with yes")
                .hint("Answer y, or give --yes.");
        }
    }
    (void)stack.server().stop();
    stack.server().discard();
    if (container) result.container = container->name;
    if (drop && engine::remove_volume(server.client(), server.spec().volume)) {
        result.volume = server.spec().volume;
    }
    return result;
}

}  // namespace poststack::workflow
