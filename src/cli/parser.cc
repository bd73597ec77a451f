#include "cli/parser.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command_line.h"

namespace poststack::cli {

namespace {

/// "option --format", or "SHELL" for an argument.
std::string label(const Option& option) {
    return option.names.starts_with('-') ? "option " + long_name(option) : option.names;
}

void check_choice(const Option& option, const std::string& value) {
    if (option.choices.empty()) return;
    if (std::find(option.choices.begin(), option.choices.end(), value) != option.choices.end()) {
        return;
    }
    Error error(ErrorKind::usage, fmt::format("{} does not take \"{}\"", label(option), value));
    const auto near = nearest(value, option.choices);
    error.set_hint(near ? fmt::format("Did you mean \"{}\"?", *near)
                        : fmt::format("Use one of: {}.", join(option.choices, ", ")));
    throw error;
}

int to_number(const Option& option, const std::string& value) {
    const auto number = parse_integer(value);
    if (!number || *number < std::numeric_limits<int>::min() ||
        *number > std::numeric_limits<int>::max()) {
        throw Error(ErrorKind::usage,
                    fmt::format("{} needs a whole number, not \"{}\"", label(option), value));
    }
    return static_cast<int>(*number);
}

Error given_twice(const Option& option) {
    return Error(ErrorKind::usage, label(option) + " is given twice");
}

/// Puts what was typed for `option` where the command wants it. A global option may have been
/// stored before: once in front of the command words, once behind them.
void store(const Option& option, const std::vector<std::string>& values) {
    if (values.empty()) return;
    for (const std::string& value : values)
        check_choice(option, value);
    std::visit(
        [&](auto* target) {
            using Type = std::remove_pointer_t<decltype(target)>;
            if constexpr (std::is_same_v<Type, bool>) {
                *target = true;
            } else if constexpr (std::is_same_v<Type, std::vector<std::string>>) {
                target->insert(target->end(), values.begin(), values.end());
            } else {
                if (values.size() > 1) throw given_twice(option);
                if constexpr (!std::is_same_v<Type, std::string>) {
                    if (target->has_value()) throw given_twice(option);
                }
                if constexpr (std::is_same_v<Type, std::optional<int>>) {
                    *target = to_number(option, values.front());
                } else {
                    *target = values.front();
                }
            }
        },
        option.target);
}

/// Refuses what CLI11 would take silently: "--json=no", and an option's name as another's value.
void check_values(std::span<const Option> options, const std::vector<std::string>& args) {
    std::vector<std::string> names;
    for (const Option& option : options) {
        for (const std::string& name : option_names(option))
            names.push_back(name);
    }
    const auto is_name = [&](const std::string& text) {
        return std::find(names.begin(), names.end(), text) != names.end();
    };
    for (std::size_t index = 0; index < args.size() && args[index] != "--"; ++index) {
        const std::string name = args[index].substr(0, args[index].find('='));
        for (const Option& option : options) {
            const std::vector<std::string> own = option_names(option);
            if (std::find(own.begin(), own.end(), name) == own.end()) continue;
            const bool inline_value = name.size() < args[index].size();
            if (is_flag(option) && inline_value) {
                throw Error(ErrorKind::usage, fmt::format("option {} takes no value", name));
            }
            if (is_flag(option)) continue;
            const bool empty = inline_value && name.size() + 1 == args[index].size();
            const bool absent =
                !inline_value && (index + 1 == args.size() || is_name(args[index + 1]));
            if (empty || absent) {
                throw Error(ErrorKind::usage,
                            fmt::format("option {} needs a value ({})", name, option.value));
            }
            if (!inline_value) ++index;  // its value
        }
    }
}

}  // namespace

std::vector<Option> globals_for(const Command* command, std::span<const Option> globals) {
    std::vector<Option> options(globals.begin(), globals.end());
    if (command == nullptr || !command->github) return options;
    for (Option& option : options) {
        if (option.names == "--format") option.choices.emplace_back("github");
    }
    return options;
}

std::vector<Option> merged_options(const Command& command, std::span<const Option> globals) {
    std::vector<Option> merged = command.options;
    std::vector<std::string> taken;
    for (const Option& option : command.options) {
        for (const std::string& name : option_names(option))
            taken.push_back(name);
    }
    for (Option& option : globals_for(&command, globals)) {
        std::vector<std::string> free;
        for (const std::string& name : option_names(option)) {
            if (std::find(taken.begin(), taken.end(), name) == taken.end()) free.push_back(name);
        }
        if (free.empty()) continue;
        option.names = join(free, ",");
        merged.push_back(std::move(option));
    }
    return merged;
}

std::vector<std::string> parse_options(std::span<const Option> options,
                                       std::span<const std::string> path,
                                       const std::vector<std::string>& args) {
    check_values(options, args);
    CLI::App app;
    app.set_help_flag();
    app.allow_extras();
    std::vector<std::pair<const Option*, CLI::Option*>> pairs;
    for (const Option& option : options) {
        CLI::Option* parsed = nullptr;
        if (is_flag(option)) {
            parsed = app.add_flag(option.names);
        } else {
            parsed = app.add_option(option.names);
            parsed->expected(1)->allow_extra_args(false);
        }
        parsed->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        pairs.emplace_back(&option, parsed);
    }
    try {
        app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
    } catch (const CLI::ParseError& error) {
        throw Error(ErrorKind::usage, to_lower(error.what()));
    }
    std::vector<std::string> rest;
    bool only_arguments = false;
    for (std::string& token : app.remaining()) {
        if (!only_arguments && token == "--") {
            only_arguments = true;
        } else if (!only_arguments && token.size() > 1 && token[0] == '-') {
            throw unknown_option(token, options, path);
        } else {
            rest.push_back(std::move(token));
        }
    }
    for (const auto& [option, parsed] : pairs)
        store(*option, parsed->results());
    return rest;
}

void assign_arguments(const Command& command, const std::vector<std::string>& values) {
    std::size_t next = 0;
    for (const Argument& argument : command.arguments) {
        if (next == values.size()) {
            if (!argument.required) break;
            throw Error(ErrorKind::usage,
                        fmt::format("{} needs {}", command_text(command.path), argument.name))
                .hint(fmt::format("Type \"poststack help {}\" for what to type.",
                                  join(command.path, " ")));
        }
        const Option as_option{.names = argument.name,
                               .value = argument.name,
                               .help = {},
                               .target = argument.target,
                               .choices = argument.choices};
        const bool many = std::holds_alternative<std::vector<std::string>*>(argument.target);
        const std::size_t end = many ? values.size() : next + 1;
        store(as_option,
              {values.begin() + static_cast<std::ptrdiff_t>(next),
               values.begin() + static_cast<std::ptrdiff_t>(end)});
        next = end;
    }
    if (next < values.size()) {
        throw Error(ErrorKind::usage, fmt::format("unexpected argument \"{}\"", values[next]))
            .hint(fmt::format("Type \"poststack help {}\" for what to type.",
                              join(command.path, " ")));
    }
}

}  // namespace poststack::cli
