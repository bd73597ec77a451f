#include "cli/manual.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/command_line.h"
#include "cli/help.h"

namespace poststack::cli {

namespace {

/// Text for roff: backslashes, hyphens that are meant, and lines that would be requests.
std::string roff(std::string_view text) {
    std::string result;
    bool line_start = true;
    for (const char character : text) {
        if (line_start && (character == '.' || character == '\'')) result += "\\&";
        if (character == '\\') {
            result += "\\e";
        } else if (character == '-') {
            result += "\\-";
        } else {
            result += character;
        }
        line_start = character == '\n';
    }
    return result;
}

std::string tagged(const std::string& name, const std::string& help) {
    return fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff(name), roff(help));
}

std::string option_entry(const Option& option) {
    std::string help = option.help + ".";
    if (!option.choices.empty()) help += " One of " + join(option.choices, ", ") + ".";
    return tagged(option_heading(option), help);
}

/// Paragraphs: an empty line in a description starts a new one, a line break stays one.
std::string paragraphs(std::string_view text) {
    std::string result;
    for (const std::string_view line : split(text, '\n')) {
        result += line.empty() ? ".PP\n" : roff(line) + "\n.br\n";
    }
    return result;
}

std::string command_section(const Command& command) {
    std::string text =
        fmt::format(".SS {}\n{}.\n", roff(usage_line(command)), roff(command.summary));
    if (!command.description.empty()) text += ".PP\n" + paragraphs(command.description);
    for (const Argument& argument : command.arguments) {
        text += tagged(argument.name, argument.help + ".");
    }
    for (const Option& option : command.options)
        text += option_entry(option);
    if (!command.examples.empty()) {
        text += ".PP\nExamples:\n.PP\n.nf\n";
        for (const std::string& example : command.examples) {
            text += roff("    poststack " + example) + "\n";
        }
        text += ".fi\n";
    }
    return text;
}

std::string exit_status() {
    std::string text = ".SH EXIT STATUS\n";
    const std::string line = exit_codes_line();
    for (const std::string_view part : split(line, ';')) {
        const std::string_view item = trim(part);
        // "130, 143 interrupted": the meaning starts at the first letter.
        const std::size_t meaning = item.find_first_of("abcdefghijklmnopqrstuvwxyzI");
        text += tagged(std::string(trim(item.substr(0, meaning))),
                       std::string(item.substr(meaning)) + ".");
    }
    return text;
}

std::string page_name(const Command& command) {
    return join(command.path, "-") + ".md";
}

std::string command_markdown(const CommandTable& table,
                             std::span<const Option> globals,
                             const Command& command) {
    return fmt::format(
        "# poststack {}\n\n"
        "What `poststack {} --help` says. Written from the command's table in "
        "`src/cli` by `make docs`.\n\n"
        "```text\n{}```\n",
        join(command.path, " "),
        join(command.path, " "),
        help_text(table, globals, command.path, {}));
}

}  // namespace

std::string manual_page(const CommandTable& table, std::span<const Option> globals) {
    std::string text = ".TH POSTSTACK 1 \"\" \"poststack " POSTSTACK_VERSION
                       "\" \"User Commands\"\n"
                       ".SH NAME\npoststack \\- give a project its PostgreSQL\n"
                       ".SH SYNOPSIS\n.B poststack\n.I COMMAND\n[options] [arguments]\n"
                       ".SH DESCRIPTION\n"
                       "One program that gives a project its PostgreSQL: from an empty directory "
                       "to a running and migrated database.\n"
                       ".SH COMMANDS\n";
    for (const Command& command : table.commands)
        text += command_section(command);
    text += ".SH OPTIONS\nEvery command takes these, before or behind its words.\n";
    for (const Option& option : globals)
        text += option_entry(option);
    text += exit_status();
    text += ".SH ENVIRONMENT\n";
    text += tagged("POSTSTACK_*", "Every setting; \"poststack config-show\" lists them.");
    text += tagged("NO_COLOR", "Any value switches colours off.");
    text += ".SH FILES\n";
    text += tagged("poststack.yaml", "Settings of the project.");
    text += tagged(".env", "Credentials and settings of the project, mode 0600.");
    text += tagged(".poststack/", "The database and what belongs to it.");
    return text + ".SH SEE ALSO\n.BR psql (1),\n.BR pg_dump (1)\n";
}

std::map<std::string, std::string> command_pages(const CommandTable& table,
                                                 std::span<const Option> globals) {
    std::map<std::string, std::string> pages;
    std::string index =
        "# Commands\n\n"
        "One page each; the texts are those of `--help`. `poststack --help` lists "
        "the options that every command takes. What they write with `--json` is in "
        "[json.md](../json.md), their exit codes in [errors.md](../errors.md).\n\n"
        "| Command | What it does |\n|---|---|\n";
    for (const Command& command : table.commands) {
        pages.emplace(page_name(command), command_markdown(table, globals, command));
        index += fmt::format("| [`poststack {}`]({}) | {} |\n",
                             join(command.path, " "),
                             page_name(command),
                             command.summary);
    }
    pages.emplace("README.md", std::move(index));
    return pages;
}

}  // namespace poststack::cli
