// `compose render`: the stack's PostgreSQL as a compose file.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/stack_command.h"
#include "sys/file.h"
#include "workflow/render_compose.h"

namespace poststack::cli {

namespace {

struct RenderArgs {
    std::optional<std::string> output;
    std::optional<std::string> image;
    bool force = false;
};

int run_render(Context& context, const RenderArgs& args) {
    const Session session = open_session(context);
    const std::string text = workflow::render_compose(stack_request(context, session),
                                                      {.image = args.image.value_or("")});
    if (!args.output) {
        if (context.json()) {
            context.print({{"output", nullptr}, {"changed", false}, {"text", text}});
        } else {
            context.out << text;
        }
        return 0;
    }
    const std::filesystem::path path = session.project.directory / *args.output;
    const auto old = sys::find_file(path, 1U << 20);
    const bool is_same = old && *old == text;
    if (old && !is_same && !args.force) {
        throw Error(ErrorKind::conflict,
                    fmt::format("\"{}\" is there and says something else", path.native()))
            .hint("Look at it, then add --force to replace it.");
    }
    if (!is_same) {
        sys::replace_file(path, text, {.mode = 0644, .owner = config::file_owner(session.project)});
    }
    if (context.json()) {
        context.print({{"output", path.string()}, {"changed", !is_same}, {"text", text}});
    } else {
        context.out << fmt::format("{} is {}\n", path.native(), is_same ? "up to date" : "written");
    }
    return 0;
}

}  // namespace

Command make_compose_render_command() {
    auto args = std::make_shared<RenderArgs>();
    return {.path = {"compose", "render"},
            .summary = "Write the server as a compose file",
            .description =
                "One PostgreSQL service, hardened as poststack's own container, for those who run "
                "it with docker compose, docker-compose or podman-compose. Limits, port, version "
                "and server settings come from the settings; user, password and database stay "
                "variables of .env. The health check logs in: pg_isready proves nothing.",
            .options = {{.names = "--output,-o",
                         .value = "FILE",
                         .help = "Write to this file instead of standard output",
                         .target = &args->output},
                        {.names = "--image",
                         .value = "IMAGE",
                         .help = "Use this image (default pgvector/pgvector:pg<major>)",
                         .target = &args->image},
                        {.names = "--force",
                         .value = {},
                         .help = "Replace a file that says something else",
                         .target = &args->force}},
            .examples = {"compose render --output docker-compose.postgres.yml"},
            .run = [args](Context& context) { return run_render(context, *args); }};
}

}  // namespace poststack::cli
