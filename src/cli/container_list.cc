// `container list`: what there is at the engine, ours and what could be in our way.
#include <ctime>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/stack_command.h"
#include "cli/status_output.h"
#include "sys/env.h"
#include "workflow/containers.h"

namespace poststack::cli {

namespace {

std::string_view owner_text(workflow::Owner owner) {
    switch (owner) {
        case workflow::Owner::project: return "project";
        case workflow::Owner::other: return "other";
        case workflow::Owner::foreign: return "foreign";
    }
    return "";
}

std::vector<std::string> port_texts(const engine::Container& container) {
    std::vector<std::string> texts;
    for (const engine::Port& port : container.ports) {
        if (port.host_port == 0) continue;
        texts.push_back(
            fmt::format("{}:{}->{}", port.host_ip, port.host_port, port.container_port));
    }
    return texts;
}

std::string day(std::int64_t seconds) {
    if (seconds == 0) return "";
    return utc_timestamp(std::chrono::system_clock::from_time_t(seconds));
}

std::string short_id(std::string_view id) {
    if (id.starts_with("sha256:")) id.remove_prefix(7);
    return std::string(id.substr(0, 12));
}

Json listing_json(const workflow::ContainerListing& listing, bool with_images) {
    Json containers = Json::array();
    for (const workflow::ListedContainer& listed : listing.containers) {
        const engine::Container& container = listed.container;
        containers.push_back(
            {{"name", container.name},
             {"owner", owner_text(listed.owner)},
             {"project", listed.project.empty() ? Json(nullptr) : Json(listed.project)},
             {"service", listed.service.empty() ? Json(nullptr) : Json(listed.service)},
             {"state", name(container.state)},
             {"exit_code",
              container.state == engine::ContainerState::exited ? Json(container.exit_code)
                                                                : Json(nullptr)},
             {"oom_killed", container.oom_killed},
             {"restarts", container.restarts},
             {"started", container.started ? Json(*container.started) : Json(nullptr)},
             {"image", container.image},
             {"ports", port_texts(container)}});
    }
    Json document = {{"engine", listing.engine.empty() ? Json(nullptr) : Json(listing.engine)},
                     {"containers", std::move(containers)}};
    document["images"] = nullptr;
    if (!with_images) return document;
    Json images = Json::array();
    for (const workflow::ListedImage& image : listing.images) {
        images.push_back({{"name", image.name.empty() ? Json(nullptr) : Json(image.name)},
                          {"id", image.id},
                          {"size_bytes", image.size},
                          {"created", day(image.created)},
                          {"containers", image.containers}});
    }
    document["images"] = std::move(images);
    return document;
}

void print_containers(Context& context, const workflow::ContainerListing& listing) {
    if (listing.containers.empty()) {
        context.out << (listing.engine.empty()
                            ? "no containers: the stack runs natively and no engine answers\n"
                            : fmt::format("no containers at {}\n", listing.engine));
        return;
    }
    Table table({"CONTAINER", "OWNER", "SERVICE", "STATE", "SINCE", "IMAGE", "PORTS"});
    for (const workflow::ListedContainer& listed : listing.containers) {
        const engine::Container& container = listed.container;
        const bool runs = container.state != engine::ContainerState::exited &&
                          container.state != engine::ContainerState::dead;
        table.add({container.name,
                   listed.owner == workflow::Owner::other ? listed.project
                                                          : std::string(owner_text(listed.owner)),
                   listed.service,
                   workflow::state_text(container),
                   short_time((runs ? container.started : container.finished).value_or("")),
                   container.image,
                   join(port_texts(container), ", ")});
    }
    context.out << table.to_text(sys::terminal_width());
}

void print_images(Context& context, const workflow::ContainerListing& listing) {
    if (listing.images.empty()) {
        context.out << "no images of poststack\n";
        return;
    }
    Table table({"IMAGE", "ID", "SIZE", "MADE", "CONTAINERS"});
    for (const workflow::ListedImage& image : listing.images) {
        table.add({image.name.empty() ? "(replaced)" : image.name,
                   short_id(image.id),
                   human_bytes(image.size),
                   short_time(day(image.created)),
                   std::to_string(image.containers)});
    }
    table.align_right(2);
    table.align_right(4);
    context.out << table.to_text(sys::terminal_width());
}

int run_list(Context& context, const workflow::ListQuery& query) {
    const Session session = open_session_without_env(context);
    const auto listing = workflow::list_containers(stack_request(context, session), query);
    if (context.json()) {
        context.print(listing_json(listing, query.images));
        return 0;
    }
    print_containers(context, listing);
    if (!query.images) return 0;
    context.out << '\n';
    print_images(context, listing);
    return 0;
}

}  // namespace

Command make_container_list_command() {
    auto query = std::make_shared<workflow::ListQuery>();
    return {.path = {"container", "list"},
            .summary = "List the containers of the project",
            .description =
                "Also a PostgreSQL that poststack did not make: such containers are \"foreign\", "
                "shown because they may hold a port, and never touched by any command.",
            .options = {{.names = "--all,-a",
                         .value = {},
                         .help = "Show the containers of other projects too",
                         .target = &query->all},
                        {.names = "--images",
                         .value = {},
                         .help = "Show the images that poststack made too",
                         .target = &query->images}},
            .examples = {"container list", "container list --all --images --json"},
            .run = [query](Context& context) { return run_list(context, *query); }};
}

}  // namespace poststack::cli
