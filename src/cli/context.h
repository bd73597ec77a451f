// What every command is handed: nothing in poststack is global.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/log.h"
#include "sys/clock.h"

namespace poststack::cli {

enum class Format { text, json, github };

/// The options that every command takes (PRODUCT.md).
struct GlobalOptions {
    Format format = Format::text;
    std::optional<std::filesystem::path> project_directory;
    std::vector<std::filesystem::path> compose_files;
    std::optional<std::filesystem::path> config_file;
    std::optional<std::string> runtime;
    std::optional<std::string> log_level;
    std::optional<std::string> log_dir;
    std::optional<std::string> database_url;  ///< --url / --database-url
    bool quiet = false;
    bool yes = false;
    bool verbose = false;
};

struct Context {
    GlobalOptions options;
    std::map<std::string, std::string> environment;
    Logger logger;
    Logger journal = {};  ///< the log file alone: how a run began and ended (run_log.h)
    sys::Clock& clock;
    std::ostream& out;  ///< results only
    std::ostream& err;  ///< everything else
    bool out_is_terminal = false;
    bool err_is_terminal = false;
    bool in_is_terminal = false;
    std::vector<std::string> command = {};  ///< what runs: {"database", "migrate"}

    [[nodiscard]] bool json() const noexcept { return options.format == Format::json; }

    /// Prints one JSON document to `out`.
    void print(const Json& document);
};

/// Writes one line to stderr unless --quiet.
void say(Context& context, std::string_view line);

/// Asks a yes/no question on the terminal. With --yes: true. Without a terminal: throws usage
/// with the hint to pass --yes.
[[nodiscard]] bool confirm(Context& context, const std::string& question);

}  // namespace poststack::cli
