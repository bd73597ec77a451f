#include "cli/completion.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/command_line.h"
#include "cli/context.h"
#include "cli/global_options.h"
#include "cli/parser.h"

namespace poststack::cli {

namespace {

struct CompletionArgs {
    std::string shell;
};

int run_completion(Context& context, const CompletionArgs& args) {
    const CommandTable table = all_commands();
    GlobalArgs unused;
    const std::vector<Option> globals = global_options(unused);
    const std::string script = args.shell == "bash"  ? bash_completion(table, globals)
                               : args.shell == "zsh" ? zsh_completion(table, globals)
                                                     : fish_completion(table, globals);
    if (context.json()) {
        context.print({{"shell", args.shell}, {"script", script}});
    } else {
        context.out << script;
    }
    return 0;
}

}  // namespace

std::vector<CompletionPoint> completion_points(const CommandTable& table,
                                               std::span<const Option> globals) {
    std::vector<std::vector<std::string>> paths{{}};
    for (const Command& command : table.commands) {
        for (std::size_t length = 1; length <= command.path.size(); ++length) {
            std::vector<std::string> path(
                command.path.begin(), command.path.begin() + static_cast<std::ptrdiff_t>(length));
            if (std::find(paths.begin(), paths.end(), path) == paths.end()) {
                paths.push_back(std::move(path));
            }
        }
    }
    std::vector<CompletionPoint> points;
    for (std::vector<std::string>& path : paths) {
        const Command* command = find_command(table, path);
        std::vector<Option> options = command == nullptr
                                          ? std::vector<Option>(globals.begin(), globals.end())
                                          : merged_options(*command, globals);
        std::vector<std::string> words = next_words(table, path);
        points.push_back({std::move(path), command, std::move(words), std::move(options)});
    }
    return points;
}

std::string summary_of(const CommandTable& table, std::span<const std::string> path) {
    for (const Group& group : table.groups) {
        if (std::equal(group.path.begin(), group.path.end(), path.begin(), path.end())) {
            return group.summary;
        }
    }
    const Command* command = find_command(table, path);
    return command == nullptr ? "" : command->summary;
}

ValueKind value_kind(const Option& option) {
    if (!option.choices.empty()) return ValueKind::words;
    if (option.value == "FILE") return ValueKind::file;
    if (option.value == "DIR") return ValueKind::directory;
    return ValueKind::other;
}

std::vector<std::string> argument_choices(const Command* command) {
    if (command == nullptr || command->arguments.empty()) return {};
    return command->arguments.front().choices;
}

std::vector<std::string> value_option_names(const CommandTable& table,
                                            std::span<const Option> globals) {
    std::vector<std::string> names;
    const auto add = [&](std::span<const Option> options) {
        for (const Option& option : options) {
            if (is_flag(option)) continue;
            for (const std::string& name : option_names(option)) {
                if (std::find(names.begin(), names.end(), name) == names.end()) {
                    names.push_back(name);
                }
            }
        }
    };
    add(globals);
    for (const Command& command : table.commands)
        add(command.options);
    return names;
}

Command make_completion_command() {
    auto args = std::make_shared<CompletionArgs>();
    return {.path = {"completion"},
            .summary = "Write the completion script of a shell",
            .description =
                "bash: source <(poststack completion bash)\n"
                "zsh: poststack completion zsh > \"${fpath[1]}/_poststack\"\n"
                "fish: poststack completion fish | source",
            .arguments = {{.name = "SHELL",
                           .help = "bash, zsh or fish",
                           .target = &args->shell,
                           .required = true,
                           .choices = {"bash", "zsh", "fish"}}},
            .examples = {"completion bash > /etc/bash_completion.d/poststack"},
            .run = [args](Context& context) { return run_completion(context, *args); }};
}

}  // namespace poststack::cli
