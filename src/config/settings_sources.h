// Collects, for each key, the value of the strongest source that has one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/keys.h"
#include "config/settings.h"
#include "config/yaml_file.h"

namespace poststack::config {

/// The sources of settings, in one place.
struct SettingsSources {
    const Project& project;
    const EnvFile& env;
    const Flags& flags;
    const Environment& environment;
    std::vector<YamlEntry> yaml;  ///< of the settings file
};

/// The value of `spec` and where it came from; a default when nobody set it.
/// Errors: config when two names of one source contradict each other.
[[nodiscard]] Setting find_setting(const KeySpec& spec, const SettingsSources& sources);

/// Refuses unknown keys of the settings file. Errors: config with the nearest key.
void check_yaml_keys(const SettingsSources& sources);

/// Notices about POSTSTACK_ variables that are no setting, with the nearest one.
void note_unknown_variables(const SettingsSources& sources, std::vector<std::string>& notices);

/// Brings `setting` into the form the getters read (lower-case choices, list items) and checks it.
/// Errors: usage for a flag, else config: source, key and what is allowed.
void check_setting(const KeySpec& spec, Setting& setting);

}  // namespace poststack::config
