#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "engine/image.h"
#include "engine/storage.h"
#include "instance/labels.h"
#include "instance/server_container.h"
#include "instance/server_image.h"
#include "sys/file.h"
#include "workflow/containers.h"
#include "workflow/engine_access.h"
#include "workflow/stack_server.h"

namespace poststack::workflow {
namespace {

namespace label = instance::label;

std::string own_label(const StackRequest& request) {
    return fmt::format("{}={}", label::project_id, request.project.id);
}

bool is_at_rest(const engine::Container& container) {
    using enum engine::ContainerState;
    return container.state == created || container.state == exited || container.state == dead;
}

/// Its project cannot be asked any more: nobody is at home.
bool is_orphan(const engine::Container& container) {
    const auto directory = container.labels.find(label::directory);
    return directory != container.labels.end() && !sys::find_info(directory->second, true);
}

/// Removes it unless something uses it; true when it is gone now.
template <class Remove>
bool try_remove(Remove remove) {
    try {
        return remove();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::conflict) throw;
        return false;
    }
}

}  // namespace

CleanResult clean_containers(const StackRequest& request, bool all) {
    CleanResult result;
    const auto client = find_stack_engine(request);
    if (!client) return result;
    std::optional<sys::FileLock> lock;
    if (!request.project.id.empty()) lock.emplace(lock_project(request, request.project));
    const auto spec =
        instance::make_container_spec(request.project, request.settings, request.environment);
    for (const engine::Container& container : engine::list_containers(*client, label::project_id)) {
        const bool is_own = !request.project.id.empty() &&
                            container.labels.at(label::project_id) == request.project.id &&
                            !instance::find_original(spec, container.labels);
        if (!is_at_rest(container) || (!is_own && !(all && is_orphan(container)))) continue;
        if (try_remove([&] { return engine::remove_container(*client, container.id); })) {
            result.containers.push_back(container.name);
        }
    }
    for (const engine::Image& image : engine::list_images(*client, instance::image_label)) {
        if (!image.names.empty()) continue;  // the newest of its name
        if (try_remove([&] { return engine::remove_image(*client, image.id); })) {
            result.images.push_back(image.id);
        }
    }
    if (request.project.id.empty()) return result;
    for (const engine::Network& network : engine::list_networks(*client, own_label(request))) {
        if (try_remove([&] { return engine::remove_network(*client, network.name); })) {
            result.networks.push_back(network.name);
        }
    }
    for (const engine::Volume& volume : engine::list_volumes(*client, own_label(request)))
        result.kept_volumes.push_back(volume.name);
    return result;
}

}  // namespace poststack::workflow
