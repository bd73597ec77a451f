#include "cli/help.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/output.h"
#include "base/text.h"
#include "cli/command_line.h"

namespace poststack::cli {

namespace {

constexpr std::size_t min_help_column = 20;  ///< narrower than this, the help goes below the name

struct Row {
    std::string name;
    std::string help;
};

std::string heading(const HelpStyle& style, std::string_view title) {
    return style.colour ? fmt::format("\n\x1b[1m{}\x1b[0m\n", title) : fmt::format("\n{}\n", title);
}

/// Two columns: names, and helps wrapped beside them, or below where there is no room.
std::string columns(const std::vector<Row>& rows, const HelpStyle& style) {
    std::size_t widest = 0;
    for (const Row& row : rows)
        widest = std::max(widest, display_width(row.name));
    std::size_t column = std::min<std::size_t>(widest + 4, 34);
    if (column + min_help_column > style.width) column = 6;
    std::string text;
    for (const Row& row : rows) {
        text += "  " + row.name;
        const std::size_t end = 2 + display_width(row.name);
        text +=
            end + 2 <= column ? std::string(column - end, ' ') : "\n" + std::string(column, ' ');
        text += wrap(row.help, style.width, column) + "\n";
    }
    return text;
}

std::vector<Row> option_rows(std::span<const Option> options) {
    std::vector<Row> rows;
    for (const Option& option : options) {
        const bool has_short = option.names.size() > 1 && option.names[1] != '-';
        std::string help = option.help;
        if (!option.choices.empty()) help += " (" + join(option.choices, ", ") + ")";
        rows.push_back({(has_short ? "" : "    ") + option_heading(option), std::move(help)});
    }
    return rows;
}

std::vector<Row> command_rows(const CommandTable& table, std::span<const std::string> path) {
    std::vector<Row> rows;
    for (const std::string& word : next_words(table, path)) {
        std::vector<std::string> full(path.begin(), path.end());
        full.push_back(word);
        const bool leads_on = !next_words(table, full).empty();
        std::string summary;
        if (const Command* command = find_command(table, full)) summary = command->summary;
        for (const Group& group : table.groups) {
            if (group.path == full && leads_on) summary = group.summary;
        }
        rows.push_back({leads_on ? word + " ..." : word, std::move(summary)});
    }
    return rows;
}

std::string group_summary(const CommandTable& table, std::span<const std::string> path) {
    for (const Group& group : table.groups) {
        if (std::equal(group.path.begin(), group.path.end(), path.begin(), path.end())) {
            return group.summary;
        }
    }
    return "";
}

std::string command_page(const Command& command, const HelpStyle& style) {
    std::string text = wrap(command.summary, style.width, 0) + "\n";
    text += heading(style, "Usage") + "  " + wrap(usage_line(command), style.width, 6) + "\n";
    if (!command.description.empty()) {
        text += "\n" + wrap(command.description, style.width, 0) + "\n";
    }
    if (!command.arguments.empty()) {
        std::vector<Row> rows;
        for (const Argument& argument : command.arguments) {
            rows.push_back({argument.name, argument.help});
        }
        text += heading(style, "Arguments") + columns(rows, style);
    }
    if (!command.options.empty()) {
        text += heading(style, "Options") + columns(option_rows(command.options), style);
    }
    return text;
}

std::string ending(std::span<const Option> globals, const HelpStyle& style) {
    std::vector<std::string> names;
    for (const Option& option : globals)
        names.push_back(option_names(option).back());
    std::string text =
        heading(style, "Options of every command") + "  " +
        wrap(join(names, " ") + "; \"poststack --help\" describes them", style.width, 2) + "\n";
    return text + heading(style, "Exit codes") + "  " + wrap(exit_codes_line(), style.width, 2) +
           "\n";
}

std::string examples_section(const std::vector<std::string>& examples, const HelpStyle& style) {
    if (examples.empty()) return "";
    std::string text = heading(style, "Examples");
    for (const std::string& example : examples)
        text += "  poststack " + example + "\n";
    return text;
}

std::string group_page(const CommandTable& table,
                       std::span<const Option> globals,
                       std::span<const std::string> path,
                       const HelpStyle& style) {
    const std::string words = path.empty() ? "" : " " + join(path, " ");
    const std::string summary = path.empty() ? "Give a project its PostgreSQL: running, migrated "
                                               "and ready, from one program"
                                             : group_summary(table, path);
    std::string text = wrap(summary, style.width, 0) + "\n";
    text += heading(style, "Usage") + fmt::format("  poststack{} COMMAND [options]\n", words);
    text += heading(style, "Commands") + columns(command_rows(table, path), style);
    if (!path.empty()) return text + ending(globals, style);
    text += heading(style, "Options") + columns(option_rows(globals), style);
    text += heading(style, "Exit codes") + "  " + wrap(exit_codes_line(), style.width, 2) + "\n";
    return text + "\n" + wrap("\"poststack help COMMAND\" describes one command.", style.width, 0) +
           "\n";
}

}  // namespace

std::string wrap(std::string_view text, std::size_t width, std::size_t indent) {
    std::string result;
    std::size_t column = indent;
    bool line_start = true;
    for (const std::string_view line : split(text, '\n')) {
        if (!line_start || !result.empty()) {
            result += "\n" + (line.empty() ? "" : std::string(indent, ' '));
            column = indent;
            line_start = true;
        }
        for (const std::string_view word : split(line, ' ')) {
            const std::size_t size = display_width(word);
            if (!line_start && column + 1 + size > width) {
                result += "\n" + std::string(indent, ' ');
                column = indent;
            } else if (!line_start) {
                result += " ";
                ++column;
            }
            result += word;
            column += size;
            line_start = false;
        }
    }
    return result;
}

std::string usage_line(const Command& command) {
    std::string line = "poststack " + join(command.path, " ");
    if (!command.options.empty()) line += " [options]";
    for (const Argument& argument : command.arguments) {
        const bool many = std::holds_alternative<std::vector<std::string>*>(argument.target);
        const std::string name = argument.name + (many ? "..." : "");
        line += argument.required ? " " + name : " [" + name + "]";
    }
    return line;
}

std::string option_heading(const Option& option) {
    const std::string names = join(option_names(option), ", ");
    return is_flag(option) ? names : names + " " + option.value;
}

std::string exit_codes_line() {
    return "0 done; 1 the check answered no; 2 usage; 3 configuration; 4 not found; 5 conflict; "
           "6 denied; 7 not reached in time; 8 a tool failed; 9 the database refused; 10 I/O; "
           "70 a bug; 130, 143 interrupted";
}

std::string help_text(const CommandTable& table,
                      std::span<const Option> globals,
                      std::span<const std::string> path,
                      const HelpStyle& style) {
    const Command* command = find_command(table, path);
    if (command == nullptr) return group_page(table, globals, path, style);
    std::string text = command_page(*command, style);
    if (!next_words(table, path).empty()) {
        text += heading(style, "Commands") + columns(command_rows(table, path), style);
    }
    return text + examples_section(command->examples, style) + ending(globals, style);
}

}  // namespace poststack::cli
