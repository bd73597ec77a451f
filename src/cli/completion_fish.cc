#include <fmt/format.h>

#include "base/text.h"
#include "cli/command_line.h"
#include "cli/completion.h"

namespace poststack::cli {

namespace {

std::string option_line(const Option& option, const std::string& condition) {
    std::string line = "complete -c poststack -n " + shell_quote(condition);
    for (const std::string& name : option_names(option)) {
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    switch (value_kind(option)) {
        case ValueKind::words: line += " -x -a " + shell_quote(join(option.choices, " ")); break;
        case ValueKind::file: line += " -r -F"; break;
        case ValueKind::directory: line += " -x -a '(__fish_complete_directories)'"; break;
        case ValueKind::other: line += is_flag(option) ? "" : " -x"; break;
    }
    return line + " -d " + shell_quote(option.help) + "\n";
}

std::string point_code(const CommandTable& table, const CompletionPoint& point) {
    const std::string condition = "__poststack_at " + shell_quote(join(point.path, " "));
    std::string code;
    for (const std::string& word : point.words) {
        std::vector<std::string> path = point.path;
        path.push_back(word);
        code += fmt::format("complete -c poststack -n {} -a {} -d {}\n",
                            shell_quote(condition),
                            word,
                            shell_quote(summary_of(table, path)));
    }
    for (const std::string& choice : argument_choices(point.command)) {
        code += fmt::format("complete -c poststack -n {} -a {}\n", shell_quote(condition), choice);
    }
    for (const Option& option : point.options)
        code += option_line(option, condition);
    return code;
}

}  // namespace

std::string fish_completion(const CommandTable& table, std::span<const Option> globals) {
    std::string paths;
    std::string points;
    for (const CompletionPoint& point : completion_points(table, globals)) {
        points += point_code(table, point);
        if (!point.path.empty()) paths += " " + shell_quote(join(point.path, " "));
    }
    return fmt::format(
        R"(# fish completion for poststack; written by "poststack completion fish"
function __poststack_at --description 'True when the command words typed so far are these'
    set -l words (commandline -opc)
    set -l path
    set -l skip no
    for word in $words[2..-1]
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case {}
                set skip yes
                continue
            case '-*'
                continue
        end
        if not contains -- (string join ' ' $path $word){}
            break
        end
        set -a path $word
    end
    set -l typed (string join ' ' $path)
    test "$typed" = "$argv"
end
complete -c poststack -f
{})",
        join(value_option_names(table, globals), " "),
        paths,
        points);
}

}  // namespace poststack::cli
