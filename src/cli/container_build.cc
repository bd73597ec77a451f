#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/output.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/stack_command.h"
#include "workflow/build_images.h"

namespace poststack::cli {

namespace {

struct ContainerBuildArgs {
    std::string image = "postgres";
    bool no_cache = false;
    bool bootstrap = false;
};

Json build_json(const workflow::BuildResult& result) {
    Json images = Json::array();
    for (const instance::BuiltImage& image : result.images)
        images.push_back({{"name", image.name}, {"id", image.id}, {"built", image.built}});
    return {{"engine", result.engine},
            {"images", std::move(images)},
            {"duration_ms", static_cast<double>(result.took.count()) / 1e6}};
}

int run_container_build(Context& context, const ContainerBuildArgs& args) {
    const Session session = open_session(context);
    workflow::BuildQuery query{.base = args.image != "postgres",
                               .postgres = args.image != "base-debian",
                               .no_cache = args.no_cache,
                               .bootstrap = args.bootstrap};
    if (!context.json()) query.on_line = [&](std::string_view line) { say(context, line); };
    const auto result = workflow::build_images(stack_request(context, session), query);
    if (context.json()) {
        context.print(build_json(result));
        return 0;
    }
    for (const instance::BuiltImage& image : result.images) {
        context.out << fmt::format(
            "{} {} at {}\n", image.name, image.built ? "is built" : "is up to date", result.engine);
    }
    return 0;
}

}  // namespace

Command make_container_build_command() {
    auto args = std::make_shared<ContainerBuildArgs>();
    return {.path = {"container", "build"},
            .summary = "Build the images that the stack needs",
            .description =
                "Debian comes from a registry or, where none answers, from its packages with "
                "mmdebstrap. An image that was made from the same files is left alone. \"poststack "
                "up\" builds what is missing by itself. The engine's output is also in "
                "logs/containers/.",
            .options = {{.names = "--image",
                         .value = "IMAGE",
                         .help = "Build postgres (default), base-debian or all",
                         .target = &args->image,
                         .choices = {"postgres", "base-debian", "all"}},
                        {.names = "--no-cache",
                         .value = {},
                         .help = "Build anew, whatever is there",
                         .target = &args->no_cache},
                        {.names = "--bootstrap",
                         .value = {},
                         .help = "Make Debian from its packages without asking a registry",
                         .target = &args->bootstrap}},
            .examples = {"container build", "container build --image all --no-cache"},
            .run = [args](Context& context) { return run_container_build(context, *args); }};
}

}  // namespace poststack::cli
