// The machine's files and environment for the reader of configurations.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervise/config.h"

namespace poststack::supervise {

/// Reads real files; relative names are this process's.
[[nodiscard]] Surroundings system_surroundings();

/// The files that match `pattern` (* ? [...] in any part), sorted.
[[nodiscard]] std::vector<std::string> find_matches(const std::string& pattern);

/// `given` (made absolute), else POSTSTACK_INIT_CONFIG, else the first that exists of
/// ./supervisord.conf, ./etc/supervisord.conf, /etc/supervisord.conf,
/// /etc/supervisor/supervisord.conf. Errors: not_found naming these.
[[nodiscard]] std::string find_config_file(const std::string& given);

}  // namespace poststack::supervise
