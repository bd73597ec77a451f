// Settings with provenance: flag > environment POSTSTACK_* > .env > poststack.yaml > default.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "config/env_file.h"
#include "config/keys.h"
#include "config/project.h"

namespace poststack::config {

/// One value and where it came from.
struct Setting {
    std::string value;   ///< as written; list items joined by ","
    std::string source;  ///< "flag --runtime", "environment POSTSTACK_RUNTIME", ".env:3",
                         ///< "poststack.yaml:7", "default"
    std::vector<std::string> items = {};  ///< of a list
    bool is_default = true;
};

/// All settings of a project, checked: every getter of the key's own type succeeds.
///
/// Asking for a key under another type, or for the value of one that has none, is a bug.
class Settings {
  public:
    Settings() = default;
    Settings(std::map<std::string, Setting, std::less<>> values, std::filesystem::path directory);

    [[nodiscard]] std::string text(std::string_view key) const;
    [[nodiscard]] std::int64_t number(std::string_view key) const;
    [[nodiscard]] double decimal(std::string_view key) const;
    [[nodiscard]] bool boolean(std::string_view key) const;
    [[nodiscard]] std::chrono::milliseconds duration(std::string_view key) const;
    [[nodiscard]] std::uint64_t size(std::string_view key) const;  ///< bytes
    [[nodiscard]] std::vector<std::string> list(std::string_view key) const;
    [[nodiscard]] std::filesystem::path path(std::string_view key) const;  ///< absolute
    [[nodiscard]] Secret secret(std::string_view key) const;

    // The same for keys without a default: nothing when unset (or set to nothing).
    [[nodiscard]] std::optional<std::string> find_text(std::string_view key) const;
    [[nodiscard]] std::optional<std::int64_t> find_number(std::string_view key) const;
    [[nodiscard]] std::optional<double> find_decimal(std::string_view key) const;
    [[nodiscard]] std::optional<std::uint64_t> find_size(std::string_view key) const;
    [[nodiscard]] std::optional<std::filesystem::path> find_path(std::string_view key) const;

    /// Where the value came from.
    [[nodiscard]] const std::string& source(std::string_view key) const;

    /// True when somebody set it.
    [[nodiscard]] bool is_set(std::string_view key) const;

    [[nodiscard]] const Setting& entry(std::string_view key) const;

  private:
    std::map<std::string, Setting, std::less<>> values_;
    std::filesystem::path directory_;
};

/// A value given on the command line.
struct Flag {
    std::string option;  ///< "--runtime"
    std::string value;
};

using Flags = std::map<std::string, Flag, std::less<>>;  ///< by key

/// Everything a command needs to know before it acts.
struct Configuration {
    Project project;
    EnvFile env;
    Settings settings;
    std::vector<std::string> notices;  ///< for the user, full sentences
};

/// Reads and checks the settings of `project` (identified). Adds to `notices` what is odd but
/// usable, such as an unknown POSTSTACK_ variable with the nearest key.
///
/// Errors: config, naming file, line, column, key and what is allowed.
[[nodiscard]] Settings load_settings(const Project& project,
                                     const EnvFile& env,
                                     const Flags& flags,
                                     const Environment& environment,
                                     std::vector<std::string>& notices);

/// Everything together: locate_project(), .env, identify_project(), load_settings(), paths.
[[nodiscard]] Configuration load_configuration(const LocateOptions& options,
                                               const Flags& flags = {});

/// Settings from values alone, for tests and tools; the rest are defaults.
[[nodiscard]] Settings make_settings(const std::map<std::string, std::string>& values,
                                     const std::filesystem::path& directory = "/");

}  // namespace poststack::config
