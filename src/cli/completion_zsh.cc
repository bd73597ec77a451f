#include <fmt/format.h>

#include "base/text.h"
#include "cli/command_line.h"
#include "cli/completion.h"

namespace poststack::cli {

namespace {

/// `text` inside single quotes, with the colons escaped that _describe would split at.
std::string described(const std::string& word, const std::string& help) {
    std::string text;
    for (const char character : word + "\n" + help) {
        if (character == '\n') {
            text += ':';
        } else if (character == '\'') {
            text += "'\\''";
        } else if (character == ':') {
            text += "\\:";
        } else {
            text += character;
        }
    }
    return "'" + text + "'";
}

std::string value_code(const Option& option) {
    switch (value_kind(option)) {
        case ValueKind::words: return "compadd -- " + join(option.choices, " ");
        case ValueKind::file: return "_files";
        case ValueKind::directory: return "_files -/";
        case ValueKind::other: return "_message '" + option.value + "'";
    }
    return "";
}

std::string point_code(const CommandTable& table, const CompletionPoint& point) {
    std::string words;
    for (const std::string& word : point.words) {
        std::vector<std::string> path = point.path;
        path.push_back(word);
        words += " " + described(word, summary_of(table, path));
    }
    for (const std::string& choice : argument_choices(point.command)) {
        words += " " + described(choice, "");
    }
    std::string options;
    std::string values;
    for (const Option& option : point.options) {
        for (const std::string& name : option_names(option)) {
            options += " " + described(name, option.help);
        }
        if (is_flag(option)) continue;
        values += fmt::format("                {}) {}; return ;;\n",
                              join(option_names(option), " | "),
                              value_code(option));
    }
    return fmt::format(
        "        '{}')\n"
        "            items=({})\n"
        "            options=({})\n"
        "            case $option in\n{}"
        "            esac\n"
        "            ;;\n",
        join(point.path, " "),
        words,
        options,
        values);
}

}  // namespace

std::string zsh_completion(const CommandTable& table, std::span<const Option> globals) {
    std::string paths;
    std::string points;
    for (const CompletionPoint& point : completion_points(table, globals)) {
        points += point_code(table, point);
        if (point.path.empty()) continue;
        paths += fmt::format("{}'{}'", paths.empty() ? "" : " | ", join(point.path, " "));
    }
    return fmt::format(
        R"(#compdef poststack
# zsh completion for poststack; written by "poststack completion zsh"
_poststack() {{
    local option=${{words[CURRENT - 1]}} where= word i
    local -a items options
    # "--format=js": the value belongs to the option before the "=".
    if [[ ${{words[CURRENT]}} == --*=* ]]; then
        option=${{words[CURRENT]%%=*}}
        compset -P '*='
    fi
    for ((i = 2; i < CURRENT; ++i)); do
        word=${{words[i]}}
        case $word in
            {}) ((++i)); continue ;;
            -*) continue ;;
        esac
        case "${{where:+$where }}$word" in
            {}) where="${{where:+$where }}$word" ;;
            *) break ;;
        esac
    done
    case $where in
{}    esac
    if [[ ${{words[CURRENT]}} == -* ]]; then
        _describe -o option options
    else
        _describe command items
    fi
}}
if [ "$funcstack[1]" = "_poststack" ]; then
    _poststack "$@"
else
    compdef _poststack poststack
fi
)",
        join(value_option_names(table, globals), " | "),
        paths,
        points);
}

}  // namespace poststack::cli
