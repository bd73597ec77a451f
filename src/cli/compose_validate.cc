#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/compose_output.h"
#include "cli/context.h"

namespace poststack::cli {

namespace {

int run_compose_validate(Context& context, const ComposeArgs& args) {
    const Session session = open_session(context);
    const config::ComposeProject project = load_stack_file(context, session, args);
    if (context.json()) {
        context.print(compose_to_json(project, args.reveal));
        return 0;
    }
    for (const std::string& line : project.ignored)
        say(context, "ignored: " + line);
    const std::size_t count = project.services.size();
    const std::size_t off = project.switched_off.size();
    context.out << fmt::format("stack \"{}\" is valid: {} service{}{}, {} volume{}, {} network{}\n",
                               project.name,
                               count,
                               count == 1 ? "" : "s",
                               off == 0 ? "" : fmt::format(" ({} switched off)", off),
                               project.volumes.size(),
                               project.volumes.size() == 1 ? "" : "s",
                               project.networks.size(),
                               project.networks.size() == 1 ? "" : "s");
    return 0;
}

}  // namespace

Command make_compose_validate_command() {
    const auto args = std::make_shared<ComposeArgs>();
    Command command;
    command.path = {"compose", "validate"};
    command.summary = "Check the project's compose file";
    command.description =
        "Reads the compose file and what is laid upon it as a run would: variables, anchors, "
        "extends, override files, profiles. Names file, line and column of what is wrong, does not "
        "exist or is not supported, and lists what is ignored. With --json prints the whole file "
        "in one form; values that look like secrets are masked unless --reveal. docs/compose.md "
        "says what is supported.";
    command.options = {
        profile_option(*args),
        {"--reveal", "", "print values that look like secrets (with --json)", &args->reveal},
    };
    command.examples = {"compose validate", "compose validate -f compose.yaml -f test.yaml --json"};
    command.run = [args](Context& context) { return run_compose_validate(context, *args); };
    return command;
}

}  // namespace poststack::cli
