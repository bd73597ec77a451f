#include "config/settings.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "config/settings_sources.h"
#include "config/values.h"
#include "config/yaml_file.h"
#include "sys/file.h"

namespace poststack::config {

namespace {

/// A value that was checked when it was loaded.
template <class T>
T checked(const std::optional<T>& value, std::string_view key) {
    if (value) return *value;
    throw Error(ErrorKind::bug, fmt::format("setting \"{}\" has no value of its type", key));
}

/// A relative folder of a flag is meant from where the user stands; all others from the project.
void make_flag_paths_absolute(Flags& flags, const std::filesystem::path& current) {
    for (auto& [key, flag] : flags) {
        const KeySpec* spec = find_key(key);
        if (spec != nullptr && spec->type == KeyType::path) {
            flag.value = (current / flag.value).lexically_normal().native();
        }
    }
}

std::vector<YamlEntry> read_settings_file(const Project& project) {
    const auto info = sys::find_info(project.config_file, true);
    if (!info) return {};
    return read_flat_yaml(sys::read_file(project.config_file), project.config_file);
}

}  // namespace

Settings::Settings(std::map<std::string, Setting, std::less<>> values,
                   std::filesystem::path directory)
    : values_(std::move(values)), directory_(std::move(directory)) {}

const Setting& Settings::entry(std::string_view key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) {
        throw Error(ErrorKind::bug, fmt::format("there is no setting \"{}\"", key));
    }
    return found->second;
}

std::string Settings::text(std::string_view key) const {
    return checked(find_text(key), key);
}

std::int64_t Settings::number(std::string_view key) const {
    return checked(find_number(key), key);
}

double Settings::decimal(std::string_view key) const {
    return checked(find_decimal(key), key);
}

bool Settings::boolean(std::string_view key) const {
    return checked(parse_boolean(entry(key).value), key);
}

std::chrono::milliseconds Settings::duration(std::string_view key) const {
    return checked(parse_duration(entry(key).value), key);
}

std::uint64_t Settings::size(std::string_view key) const {
    return checked(find_size(key), key);
}

std::vector<std::string> Settings::list(std::string_view key) const {
    return entry(key).items;
}

std::filesystem::path Settings::path(std::string_view key) const {
    return checked(find_path(key), key);
}

Secret Settings::secret(std::string_view key) const {
    return Secret(entry(key).value);
}

std::optional<std::string> Settings::find_text(std::string_view key) const {
    const Setting& found = entry(key);
    if (found.value.empty()) return std::nullopt;
    return found.value;
}

std::optional<std::int64_t> Settings::find_number(std::string_view key) const {
    return parse_integer(entry(key).value);
}

std::optional<double> Settings::find_decimal(std::string_view key) const {
    return parse_decimal(entry(key).value);
}

std::optional<std::uint64_t> Settings::find_size(std::string_view key) const {
    return parse_size(entry(key).value);
}

std::optional<std::filesystem::path> Settings::find_path(std::string_view key) const {
    const auto value = find_text(key);
    if (!value) return std::nullopt;
    return (directory_ / *value).lexically_normal();
}

const std::string& Settings::source(std::string_view key) const {
    return entry(key).source;
}

bool Settings::is_set(std::string_view key) const {
    return !entry(key).is_default;
}

Settings load_settings(const Project& project,
                       const EnvFile& env,
                       const Flags& flags,
                       const Environment& environment,
                       std::vector<std::string>& notices) {
    const SettingsSources sources{.project = project,
                                  .env = env,
                                  .flags = flags,
                                  .environment = environment,
                                  .yaml = read_settings_file(project)};
    check_yaml_keys(sources);
    note_unknown_variables(sources, notices);
    std::map<std::string, Setting, std::less<>> values;
    for (const KeySpec& spec : all_keys()) {
        Setting setting = find_setting(spec, sources);
        check_setting(spec, setting);
        values.emplace(spec.name, std::move(setting));
    }
    return {std::move(values), project.directory};
}

namespace {

Configuration load(const LocateOptions& options, const Flags& flags, bool with_env) {
    Configuration result;
    result.project = locate_project(options);
    Project& project = result.project;
    const auto load_env = [&] {
        if (!with_env) return;
        result.env = EnvFile::load(project.env_file, options.environment, result.notices);
    };
    load_env();
    identify_project(project, result.env, options.environment);
    if (result.env.path() != project.env_file) load_env();
    Flags absolute = flags;
    make_flag_paths_absolute(absolute, options.current_directory);
    result.settings =
        load_settings(project, result.env, absolute, options.environment, result.notices);
    project.migrations = result.settings.path(key::migrations_path);
    project.log_dir = result.settings.path(key::log_dir);
    return result;
}

}  // namespace

Configuration load_configuration(const LocateOptions& options, const Flags& flags) {
    try {
        return load(options, flags, true);
    } catch (const Error& error) {
        if (!options.lenient_env || error.kind() == ErrorKind::interrupted) throw;
        // When it is not .env that is wrong, the same error comes again.
        Configuration result = load(options, flags, false);
        result.notices.push_back(fmt::format("{}; going on without .env", error.message()));
        return result;
    }
}

Settings make_settings(const std::map<std::string, std::string>& values,
                       const std::filesystem::path& directory) {
    Project project;
    project.directory = directory;
    project.config_file = directory / "no settings file";
    Flags flags;
    for (const auto& [key, value] : values)
        flags.emplace(key, Flag{.option = key, .value = value});
    std::vector<std::string> notices;
    return load_settings(project, {}, flags, {}, notices);
}

}  // namespace poststack::config
