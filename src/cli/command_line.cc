#include "cli/command_line.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::cli {

namespace {

bool starts_with(std::span<const std::string> path, std::span<const std::string> prefix) {
    return path.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

bool is_option(std::string_view token) {
    return token.size() > 1 && token[0] == '-';
}

/// The option that `token` (perhaps "--name=value" or "-fvalue") stands for; null when unknown.
const Option* find_option(std::span<const Option> options, std::string_view token) {
    const bool is_long = token.starts_with("--");
    const std::string_view name = is_long ? token.substr(0, token.find('=')) : token.substr(0, 2);
    for (const Option& option : options) {
        const std::vector<std::string> names = option_names(option);
        if (std::find(names.begin(), names.end(), name) != names.end()) return &option;
    }
    return nullptr;
}

/// How many arguments the option at `token` takes up: 1, or 2 when its value follows.
std::size_t option_length(const Option& option, std::string_view token) {
    if (is_flag(option)) return 1;
    const bool has_value =
        token.starts_with("--") ? token.find('=') != std::string_view::npos : token.size() > 2;
    return has_value ? 1 : 2;
}

/// A full command that ends in `word`: "migrate" was meant as "database migrate".
const Command* find_by_last_word(const CommandTable& table, std::string_view word) {
    for (const Command& command : table.commands) {
        if (command.path.size() > 1 && command.path.back() == word) return &command;
    }
    return nullptr;
}

Error unknown_command(const CommandTable& table,
                      const std::vector<std::string>& path,
                      const std::string& word) {
    const std::string where = path.empty() ? "" : fmt::format(" of {}", command_text(path));
    Error error(ErrorKind::usage, fmt::format("unknown command \"{}\"{}", word, where));
    const std::vector<std::string> known = next_words(table, path);
    if (const auto near = nearest(word, known)) {
        std::vector<std::string> meant = path;
        meant.push_back(*near);
        error.set_hint(fmt::format("Did you mean {}?", command_text(meant)));
    } else if (const Command* elsewhere = find_by_last_word(table, word)) {
        error.set_hint(fmt::format("Did you mean {}?", command_text(elsewhere->path)));
    } else {
        std::vector<std::string> help = path;
        help.emplace_back("--help");
        error.set_hint(fmt::format("Type {} for the list of commands.", command_text(help)));
    }
    return error;
}

}  // namespace

std::vector<std::string> option_names(const Option& option) {
    std::vector<std::string> names;
    for (const std::string_view name : split(option.names, ','))
        names.emplace_back(trim(name));
    return names;
}

std::string long_name(const Option& option) {
    const std::vector<std::string> names = option_names(option);
    const auto found = std::find_if(
        names.begin(), names.end(), [](const std::string& name) { return name.starts_with("--"); });
    return found == names.end() ? names.front() : *found;
}

bool is_flag(const Option& option) {
    return std::holds_alternative<bool*>(option.target);
}

std::string command_text(std::span<const std::string> path) {
    return fmt::format("\"poststack{}{}\"", path.empty() ? "" : " ", join(path, " "));
}

const Command* find_command(const CommandTable& table, std::span<const std::string> path) {
    for (const Command& command : table.commands) {
        if (command.path.size() == path.size() && starts_with(command.path, path)) return &command;
    }
    return nullptr;
}

std::vector<std::string> next_words(const CommandTable& table, std::span<const std::string> path) {
    std::vector<std::string> words;
    for (const Command& command : table.commands) {
        if (command.path.size() <= path.size() || !starts_with(command.path, path)) continue;
        const std::string& word = command.path[path.size()];
        if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
    }
    return words;
}

Error unknown_option(std::string_view typed,
                     std::span<const Option> options,
                     std::span<const std::string> path) {
    const std::string name(typed.substr(0, typed.find('=')));
    std::vector<std::string> known;
    for (const Option& option : options) {
        for (std::string& candidate : option_names(option)) {
            if (candidate.starts_with("--")) known.push_back(std::move(candidate));
        }
    }
    Error error(ErrorKind::usage, fmt::format("unknown option \"{}\"", name));
    const auto near = name.starts_with("--") ? nearest(name, known) : std::nullopt;
    if (near) {
        error.set_hint(fmt::format("Did you mean \"{}\"?", *near));
    } else {
        std::vector<std::string> help(path.begin(), path.end());
        help.emplace_back("--help");
        error.set_hint(fmt::format("Type {} for the options there are.", command_text(help)));
    }
    return error;
}

CommandLine split_command_line(const CommandTable& table,
                               std::span<const Option> globals,
                               std::span<const std::string> args) {
    CommandLine line;
    std::size_t index = 0;
    while (index < args.size() && args[index] != "--") {
        const std::string& token = args[index];
        const bool is_command = find_command(table, line.path) != nullptr;
        if (is_option(token)) {
            if (is_command) break;  // its own option, or a global one: the parser's business
            const Option* option = find_option(globals, token);
            if (option == nullptr) throw unknown_option(token, globals, line.path);
            const std::size_t end = std::min(index + option_length(*option, token), args.size());
            line.before.insert(line.before.end(),
                               args.begin() + static_cast<std::ptrdiff_t>(index),
                               args.begin() + static_cast<std::ptrdiff_t>(end));
            index = end;
            continue;
        }
        const std::vector<std::string> words = next_words(table, line.path);
        if (std::find(words.begin(), words.end(), token) == words.end()) {
            if (is_command) break;  // an argument
            throw unknown_command(table, line.path, token);
        }
        line.path.push_back(token);
        ++index;
    }
    line.command = find_command(table, line.path);
    line.after.assign(args.begin() + static_cast<std::ptrdiff_t>(index), args.end());
    return line;
}

}  // namespace poststack::cli
