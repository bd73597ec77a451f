#include "workflow/containers.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/image.h"
#include "instance/labels.h"
#include "instance/server_image.h"
#include "workflow/engine_access.h"

namespace poststack::workflow {
namespace {

namespace label = instance::label;

std::string text_of(const engine::Container& container, const char* key) {
    const auto found = container.labels.find(key);
    return found == container.labels.end() ? std::string() : found->second;
}

/// By the image alone: what listens inside is not asked.
bool is_postgres(const engine::Container& container) {
    const std::string image = to_lower(container.image);
    const auto has = [&](const char* word) { return image.find(word) != std::string::npos; };
    return has("postgres") || has("pgvector") || has("timescaledb");
}

std::optional<ListedContainer> classify(const StackRequest& request, engine::Container container) {
    const std::string id = text_of(container, label::project_id);
    ListedContainer listed;
    if (id.empty()) {
        if (!is_postgres(container)) return std::nullopt;
        listed.owner = Owner::foreign;
    } else {
        listed.owner = id == request.project.id ? Owner::project : Owner::other;
        listed.project = text_of(container, label::project);
        listed.service = text_of(container, "com.docker.compose.service");
    }
    listed.container = std::move(container);
    return listed;
}

std::vector<ListedImage> list_images(const engine::Client& client,
                                     const std::vector<engine::Container>& containers) {
    std::vector<ListedImage> images;
    for (const engine::Image& image : engine::list_images(client, instance::image_label)) {
        ListedImage listed{.name = image.names.empty() ? "" : image.names.front(),
                           .id = image.id,
                           .size = image.size,
                           .created = image.created};
        listed.containers = static_cast<std::size_t>(std::count_if(
            containers.begin(), containers.end(), [&](const engine::Container& container) {
                return container.image_id == image.id;
            }));
        images.push_back(std::move(listed));
    }
    std::sort(images.begin(), images.end(), [](const ListedImage& a, const ListedImage& b) {
        return a.name != b.name ? a.name < b.name : a.created > b.created;
    });
    return images;
}

}  // namespace

ContainerListing list_containers(const StackRequest& request, const ListQuery& query) {
    ContainerListing listing;
    const auto client = find_stack_engine(request);
    if (!client) return listing;
    listing.engine = fmt::format("{} {}", engine::name(client->kind()), client->version());
    const auto all = engine::list_containers(*client);
    for (const engine::Container& entry : all) {
        auto listed = classify(request, entry);
        if (!listed || (listed->owner == Owner::other && !query.all)) continue;
        // The list knows neither how it ended nor since when it runs.
        if (auto whole = engine::find_container(*client, entry.id)) {
            listed->container = std::move(*whole);
            listing.containers.push_back(std::move(*listed));
        }
    }
    std::stable_sort(
        listing.containers.begin(),
        listing.containers.end(),
        [](const ListedContainer& a, const ListedContainer& b) { return a.owner < b.owner; });
    if (query.images) listing.images = list_images(*client, all);
    return listing;
}

std::string state_text(const engine::Container& container) {
    using enum engine::ContainerState;
    const std::string word(name(container.state));
    if (container.state == restarting) return fmt::format("{} ({}x)", word, container.restarts);
    if (container.state != exited && container.state != dead) return word;
    if (container.oom_killed)
        return fmt::format("{} ({}, out of memory)", word, container.exit_code);
    return fmt::format("{} ({})", word, container.exit_code);
}

}  // namespace poststack::workflow
