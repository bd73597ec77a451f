// `container remove` and `container clean`.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/stack_command.h"
#include "workflow/containers.h"

namespace poststack::cli {

namespace {

struct RemoveArgs {
    std::vector<std::string> names;
    bool force = false;
    bool volumes = false;
};

Json text_json(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

int run_remove(Context& context, const RemoveArgs& args) {
    const Session session = open_session(context);
    check_names(session, args.names);
    workflow::RemoveQuery query{.force = args.force, .volumes = args.volumes, .confirm = {}};
    query.confirm = [&](const std::string& what) {
        if (context.options.yes) say(context, "removing " + what);
        return confirm(context, fmt::format("Remove {}, with everything in it?", what));
    };
    const auto result = workflow::remove_container(stack_request(context, session), query);
    if (context.json()) {
        context.print(
            {{"container", text_json(result.container)}, {"volume", text_json(result.volume)}});
        return 0;
    }
    context.out << (result.container.empty()
                        ? fmt::format("{} has no container\n", session.project.name)
                        : fmt::format("container {} is removed\n", result.container));
    if (!result.volume.empty()) {
        context.out << fmt::format("volume {} is removed\n", result.volume);
    } else if (!result.container.empty()) {
        context.out << "its data stays\n";
    }
    return 0;
}

int run_clean(Context& context, bool all) {
    const Session session = open_session_without_env(context);
    const auto result = workflow::clean_containers(stack_request(context, session), all);
    if (context.json()) {
        context.print({{"containers", result.containers},
                       {"networks", result.networks},
                       {"images", result.images},
                       {"kept_volumes", result.kept_volumes}});
        return 0;
    }
    const auto print = [&](const char* what, const std::vector<std::string>& names) {
        for (const std::string& name : names)
            context.out << fmt::format("{} {} is removed\n", what, name);
    };
    print("container", result.containers);
    print("network", result.networks);
    print("image", result.images);
    if (result.containers.empty() && result.networks.empty() && result.images.empty()) {
        context.out << "nothing to clean\n";
    }
    for (const std::string& volume : result.kept_volumes)
        say(context, fmt::format("volume {} stays", volume));
    return 0;
}

}  // namespace

Command make_container_remove_command() {
    auto args = std::make_shared<RemoveArgs>();
    return {.path = {"container", "remove"},
            .summary = "Remove the server's container; its data stays",
            .description =
                "\"poststack up\" makes it again on the same data. With --volumes the data goes "
                "too: the volume is looked into first, has to hold the very database that was made "
                "for this project, and what dies is shown and asked for (--yes: only shown).",
            .options = {{.names = "--force",
                         .value = {},
                         .help = "Stop it first when it runs",
                         .target = &args->force},
                        {.names = "--volumes",
                         .value = {},
                         .help = "Remove the data too",
                         .target = &args->volumes}},
            .arguments = {{.name = "NAME",
                           .help = "Server, when several are meant",
                           .target = &args->names}},
            .examples = {"container remove", "container remove --force --volumes"},
            .run = [args](Context& context) { return run_remove(context, *args); }};
}

Command make_container_clean_command() {
    auto all = std::make_shared<bool>(false);
    return {.path = {"container", "clean"},
            .summary = "Remove containers and images that are of no use",
            .description =
                "Only what poststack made: the project's containers that do not run, its networks "
                "that nobody uses, and images that a newer one has replaced. Volumes stay.",
            .options = {{.names = "--all,-a",
                         .value = {},
                         .help = "Also containers of projects whose directory is gone",
                         .target = all.get()}},
            .examples = {"container clean", "container clean --all"},
            .run = [all](Context& context) { return run_clean(context, *all); }};
}

}  // namespace poststack::cli
