// `container shell`: a shell, or another program, inside the server's container.
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/stack_command.h"
#include "engine/attach.h"
#include "workflow/server_access.h"

namespace poststack::cli {

namespace {

int run_container_shell(Context& context, const std::vector<std::string>& words) {
    const Session session = open_session_without_env(context);
    engine::ExecSpec spec{.container = {}, .command = words};
    if (spec.command.empty()) spec.command = {"/bin/bash"};
    // Standard error may be a file: the program would write to the terminal what is meant for it.
    const engine::OwnStreams streams{.terminal = context.in_is_terminal && context.out_is_terminal};
    const auto term = context.environment.find("TERM");
    if (streams.terminal && term != context.environment.end()) {
        spec.environment = {{"TERM", term->second}};
    }
    context.out.flush();
    const int code = workflow::run_in_container(stack_request(context, session), spec, streams);
    // Leaving a shell says how its last command ended, and nothing of the shell.
    if (code == 0 || (words.empty() && streams.terminal)) return 0;
    throw Error(ErrorKind::tool,
                fmt::format("\"{}\" ended with exit code {}", spec.command.front(), code));
}

}  // namespace

Command make_container_shell_command() {
    auto words = std::make_shared<std::vector<std::string>>();
    return {.path = {"container", "shell"},
            .summary = "Open a shell in the server's container",
            .description =
                "bash, or the program that stands after --, as the server's own account. On a "
                "terminal it gets one of its own; else standard input and output are handed on, "
                "so that it works in a pipe. For psql see \"poststack shell\".",
            .arguments = {{.name = "ARGS",
                           .help = "Program and its arguments, after --",
                           .target = words.get()}},
            .examples = {"container shell", "container shell -- df -h /var/lib/postgresql"},
            .run = [words](Context& context) { return run_container_shell(context, *words); }};
}

}  // namespace poststack::cli
