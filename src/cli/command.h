// A command as data: what it is called, what it takes, what runs. cli/parser.cc turns the table
// into CLI11 objects, the help, the shell completion and the man page; no other file knows CLI11.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace poststack::cli {

struct Context;

/// Where a parsed value goes. The pointee belongs to the command's arguments object, which the
/// run function keeps alive.
using Target = std::variant<bool*,
                            std::string*,
                            std::optional<std::string>*,
                            std::optional<int>*,
                            std::vector<std::string>*>;

struct Option {
    std::string names;  ///< "--target-version,--target": the first is the documented one
    std::string value;  ///< placeholder in help, e.g. "VERSION"; empty for a flag
    std::string help;   ///< one line, verb first, no period
    Target target;
    std::vector<std::string> choices = {};  ///< allowed words; empty: anything
};

struct Argument {
    std::string name;  ///< "NAME" in help
    std::string help;
    Target target;
    bool required = false;
    std::vector<std::string> choices = {};  ///< allowed words; empty: anything
};

/// One command. `path` is the words to type: {"database", "migrate"}.
struct Command {
    std::vector<std::string> path;
    std::string summary;           ///< under 60 characters, verb first
    std::string description = {};  ///< paragraphs shown by --help below the summary
    std::vector<Option> options = {};
    std::vector<Argument> arguments = {};
    std::vector<std::string> examples = {};  ///< lines without the leading "poststack "
    bool github = false;                     ///< takes --format github
    /// Runs the command; returns 0, or 1 when the check it makes answered no. Throws Error.
    std::function<int(Context&)> run;
};

}  // namespace poststack::cli
