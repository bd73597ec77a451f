// Writes what is generated from the command table at build time; not installed.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/global_options.h"
#include "cli/manual.h"
#include "config/settings_page.h"
#include "sys/file.h"

namespace {

using namespace poststack;       // NOLINT(google-build-using-namespace): a program's own file
using namespace poststack::cli;  // NOLINT(google-build-using-namespace)

void write(const std::string& path, const std::string& content) {
    sys::replace_file(path, content, {.mode = 0644, .owner = {}});
}

/// Prints the names of the pages in `directory` that differ from the table; their number.
int compare_pages(const std::map<std::string, std::string>& pages, const std::string& directory) {
    int differing = 0;
    const auto differs = [&](const std::string& name, const char* how) {
        fmt::print(stderr, "{}/{}: {}; run \"make docs\"\n", directory, name, how);
        ++differing;
    };
    for (const auto& [name, content] : pages) {
        if (sys::find_file(directory + "/" + name) != content)
            differs(name, "not what --help says");
    }
    for (const std::string& name : sys::list_directory(directory)) {
        if (!pages.contains(name)) differs(name, "no such command");
    }
    if (sys::find_file(directory + "/../settings.md") != config::settings_page()) {
        differs("../settings.md", "not what the key table says");
    }
    return differing;
}

int run(const std::vector<std::string>& args) {
    if (args.size() != 2) {
        fmt::print(stderr, "usage: poststack-docgen generate|docs|check DIRECTORY\n");
        return 2;
    }
    const CommandTable table = all_commands();
    GlobalArgs unused;
    const std::vector<Option> globals = global_options(unused);
    const std::string& directory = args[1];
    if (args[0] == "check") return compare_pages(command_pages(table, globals), directory);
    sys::make_directories(directory);
    if (args[0] == "docs") {
        for (const auto& [name, content] : command_pages(table, globals)) {
            write(directory + "/" + name, content);
        }
        write(directory + "/../settings.md", config::settings_page());
        return 0;
    }
    write(directory + "/poststack.1", manual_page(table, globals));
    write(directory + "/poststack.bash", bash_completion(table, globals));
    write(directory + "/_poststack", zsh_completion(table, globals));
    write(directory + "/poststack.fish", fish_completion(table, globals));
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        (void)std::fputs(error.what(), stderr);
        (void)std::fputs("\n", stderr);
        return 1;
    }
}
