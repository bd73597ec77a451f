#include <fmt/format.h>

#include "base/text.h"
#include "cli/command_line.h"
#include "cli/completion.h"

namespace poststack::cli {

namespace {

/// What to offer as the value of `option`: a bash command that fills COMPREPLY.
std::string value_code(const Option& option) {
    switch (value_kind(option)) {
        case ValueKind::words:
            return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))",
                               join(option.choices, " "));
        case ValueKind::file: return "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))";
        case ValueKind::directory:
            return "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\"))";
        case ValueKind::other: return ":";
    }
    return ":";
}

std::string point_code(const CompletionPoint& point) {
    std::string options;
    std::string values;
    for (const Option& option : point.options) {
        const std::vector<std::string> names = option_names(option);
        options += (options.empty() ? "" : " ") + join(names, " ");
        if (is_flag(option)) continue;
        values += fmt::format(
            "                {}) {}; return ;;\n", join(names, " | "), value_code(option));
    }
    std::vector<std::string> words = point.words;
    for (const std::string& choice : argument_choices(point.command))
        words.push_back(choice);
    return fmt::format(
        "        '{}')\n"
        "            words='{}'\n"
        "            options='{}'\n"
        "            case $option in\n{}"
        "            esac\n"
        "            ;;\n",
        join(point.path, " "),
        join(words, " "),
        options,
        values);
}

}  // namespace

std::string bash_completion(const CommandTable& table, std::span<const Option> globals) {
    std::string paths;
    std::string points;
    for (const CompletionPoint& point : completion_points(table, globals)) {
        points += point_code(point);
        if (point.path.empty()) continue;
        paths += fmt::format("{}'{}'", paths.empty() ? "" : " | ", join(point.path, " "));
    }
    return fmt::format(
        R"(# bash completion for poststack; written by "poststack completion bash"
_poststack() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} option=${{COMP_WORDS[COMP_CWORD - 1]}}
    local path= words= options= word i
    COMPREPLY=()
    # bash cuts words at "=": what completes "--format=js" is the option before it.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $option == = ]]; then
        option=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    for ((i = 1; i < COMP_CWORD; ++i)); do
        word=${{COMP_WORDS[i]}}
        case $word in
            {}) [[ ${{COMP_WORDS[i + 1]}} == = ]] && ((++i)); ((++i)); continue ;;
            -* | =) continue ;;
        esac
        case "${{path:+$path }}$word" in
            {}) path=${{path:+$path }}$word ;;
            *) break ;;
        esac
    done
    case $path in
{}    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
    else
        COMPREPLY=($(compgen -W "$words" -- "$cur"))
    fi
}}
complete -F _poststack poststack
)",
        join(value_option_names(table, globals), " | "),
        paths,
        points);
}

}  // namespace poststack::cli
