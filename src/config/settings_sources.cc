#include "config/settings_sources.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "config/values.h"

namespace poststack::config {

namespace {

constexpr std::string_view prefix = "POSTSTACK_";

// Values for migration files, by any name.
constexpr std::string_view variable_prefix = "POSTSTACK_VAR_";

// Read elsewhere: by locate_project() and by the tests.
constexpr std::array<std::string_view, 3> known_variables = {
    "POSTSTACK_PROJECT", "POSTSTACK_CONFIG_FILE", "POSTSTACK_REQUIRE_TOOLS"};

/// The names under which `spec` may stand in the environment and in .env.
std::vector<std::string> variable_names(const KeySpec& spec) {
    std::vector<std::string> names;
    for (const std::string& name : spec.names())
        names.push_back(std::string(prefix) + to_upper(name));
    if (spec.variables.empty()) return names;
    for (const std::string_view name : split(spec.variables, '|'))
        names.emplace_back(name);
    return names;
}

std::vector<std::string> key_names() {
    std::vector<std::string> names;
    for (const KeySpec& spec : all_keys()) {
        for (const std::string& name : spec.names())
            names.push_back(name);
    }
    return names;
}

[[noreturn]] void contradict(const std::string& first, const std::string& second) {
    throw Error(ErrorKind::config,
                fmt::format("{} and {} set the same thing to different values", first, second))
        .hint("Remove one of the two.");
}

/// The one value that several names of one source agree on.
class Candidate {
  public:
    /// `label` names the place fully, for the message about a contradiction.
    void offer(Setting setting, const std::string& label) {
        if (found_ && found_->value != setting.value) contradict(label_, label);
        if (found_) return;
        found_ = std::move(setting);
        label_ = label;
    }

    [[nodiscard]] const std::optional<Setting>& found() const { return found_; }

  private:
    std::optional<Setting> found_;
    std::string label_;
};

std::optional<Setting> from_environment(const KeySpec& spec, const Environment& environment) {
    Candidate candidate;
    for (const std::string& name : variable_names(spec)) {
        const auto found = environment.find(name);
        // Set to nothing counts as not set: that is what "export X=" and compose's ${X:-} give.
        if (found == environment.end() || found->second.empty()) continue;
        const std::string label = "environment " + name;
        candidate.offer({.value = found->second, .source = label}, label);
    }
    return candidate.found();
}

std::optional<Setting> from_env_file(const KeySpec& spec, const EnvFile& env) {
    Candidate candidate;
    for (const std::string& name : variable_names(spec)) {
        const auto found = env.find(name);
        if (!found || found->empty()) continue;
        candidate.offer({.value = *found, .source = env.where(name)},
                        fmt::format("{} ({})", env.where(name), name));
    }
    return candidate.found();
}

std::optional<Setting> from_yaml(const KeySpec& spec, const SettingsSources& sources) {
    Candidate candidate;
    for (const YamlEntry& entry : sources.yaml) {
        if (entry.is_null || find_key(entry.key) != &spec) continue;
        Setting setting{
            .value = entry.is_list ? join(entry.items, ",") : entry.text,
            .source = fmt::format(
                "{}:{}", sources.project.display(sources.project.config_file), entry.line)};
        if (entry.is_list && spec.type != KeyType::list) {
            throw Error(ErrorKind::config,
                        fmt::format("{}: \"{}\" is a list, but takes {}",
                                    setting.source,
                                    entry.key,
                                    spec.expected()));
        }
        // Only these two are pairs; "extensions: {a: 1}" would be one named "a=1".
        const bool has_pairs = spec.name == key::postgres_settings || spec.name == key::variables;
        if (entry.is_map && !has_pairs) {
            throw Error(ErrorKind::config,
                        fmt::format("{}: \"{}\" is a mapping, but takes {}",
                                    setting.source,
                                    entry.key,
                                    spec.expected()))
                .hint(fmt::format("Write it as a list: {}: [a, b].", entry.key));
        }
        setting.items = entry.items;
        const std::string label = fmt::format("{} ({})", setting.source, entry.key);
        candidate.offer(std::move(setting), label);
    }
    return candidate.found();
}

bool is_valid(const KeySpec& spec, const std::string& value) {
    switch (spec.type) {
        case KeyType::text:
        case KeyType::list:
        case KeyType::path: return true;
        case KeyType::boolean: return parse_boolean(value).has_value();
        case KeyType::duration: return parse_duration(value).has_value();
        case KeyType::integer: {
            const auto number = parse_integer(value);
            return number && *number >= spec.min && *number <= spec.max;
        }
        case KeyType::decimal: {
            const auto number = parse_decimal(value);
            return number && *number > static_cast<double>(spec.min) &&
                   *number <= static_cast<double>(spec.max);
        }
        case KeyType::size: {
            const auto bytes = parse_size(value);
            return bytes && *bytes >= static_cast<std::uint64_t>(spec.min) &&
                   *bytes <= static_cast<std::uint64_t>(spec.max);
        }
        case KeyType::choice: {
            const auto words = split(spec.choices, '|');
            return std::find(words.begin(), words.end(), value) != words.end();
        }
    }
    return false;
}

std::optional<std::string> suggestion(std::string_view key) {
    const std::vector<std::string> names = key_names();
    return nearest(key, names);
}

}  // namespace

Setting find_setting(const KeySpec& spec, const SettingsSources& sources) {
    if (const auto flag = sources.flags.find(spec.name); flag != sources.flags.end()) {
        return {.value = flag->second.value,
                .source = "flag " + flag->second.option,
                .is_default = false};
    }
    std::optional<Setting> found = from_environment(spec, sources.environment);
    if (!found) found = from_env_file(spec, sources.env);
    if (!found) found = from_yaml(spec, sources);
    if (!found) {
        return {.value = std::string(spec.default_value), .source = "default", .is_default = true};
    }
    found->is_default = false;
    return *found;
}

void check_yaml_keys(const SettingsSources& sources) {
    for (const YamlEntry& entry : sources.yaml) {
        if (find_key(entry.key) != nullptr) continue;
        Error error(ErrorKind::config,
                    fmt::format("cannot read \"{}:{}:{}\": unknown key \"{}\"",
                                sources.project.config_file.native(),
                                entry.line,
                                entry.column,
                                entry.key));
        const auto near = suggestion(entry.key);
        error.set_hint(near ? fmt::format("Did you mean \"{}\"?", *near)
                            : "Type poststack config-show for the keys there are.");
        throw error;
    }
}

void note_unknown_variables(const SettingsSources& sources, std::vector<std::string>& notices) {
    const auto check = [&](const std::string& name, const std::string& where) {
        if (!name.starts_with(prefix) || name.starts_with(variable_prefix)) return;
        const std::string key = to_lower(std::string_view(name).substr(prefix.size()));
        if (find_key(key) != nullptr ||
            std::find(known_variables.begin(), known_variables.end(), name) !=
                known_variables.end()) {
            return;
        }
        const auto near = suggestion(key);
        notices.push_back(
            fmt::format("{} is no setting{}",
                        where,
                        near ? fmt::format("; did you mean {}{}?", prefix, to_upper(*near)) : ""));
    };
    for (const auto& [name, value] : sources.environment)
        check(name, fmt::format("environment variable {}", name));
    for (const std::string& name : sources.env.names())
        check(name, fmt::format("{} in {}", name, sources.env.where(name)));
}

void check_setting(const KeySpec& spec, Setting& setting) {
    const auto holds_nul = [](const std::string& text) {
        return text.find('\0') != std::string::npos;
    };
    // No argument, file name or name in a database can hold one: it would be cut there.
    if (holds_nul(setting.value) ||
        std::any_of(setting.items.begin(), setting.items.end(), holds_nul)) {
        throw Error(ErrorKind::config,
                    fmt::format("{}: \"{}\" holds a NUL byte", setting.source, spec.name));
    }
    if (setting.value.empty() && setting.items.empty()) return;
    if (spec.type == KeyType::choice) setting.value = to_lower(setting.value);
    if (spec.type == KeyType::list && setting.items.empty()) {
        for (const std::string_view item : split(setting.value, ',')) {
            if (!trim(item).empty()) setting.items.emplace_back(trim(item));
        }
    }
    if (is_valid(spec, setting.value)) return;
    const bool flag = setting.source.starts_with("flag ");
    throw Error(flag ? ErrorKind::usage : ErrorKind::config,
                fmt::format("{}: \"{}\" is \"{}\", but must be {}",
                            setting.source,
                            spec.name,
                            spec.secret ? "***" : setting.value,
                            spec.expected()));
}

}  // namespace poststack::config
