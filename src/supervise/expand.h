// %(name)s in values, as Python's "text % names" fills it in.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "supervise/ini.h"

namespace poststack::supervise {

/// The names a value may use: here, host_node_name, program_name, process_num, ENV_X ...
using Expansions = std::map<std::string, std::string>;

/// Fills in %(name)s and %(name)02d; %% stands for %. A % that begins neither is kept, where
/// supervisord refuses the file.
///
/// Errors: config at `place`, naming `key`, the unknown name and the nearest one known.
[[nodiscard]] std::string expand(std::string_view value,
                                 const Expansions& names,
                                 std::string_view key,
                                 const Place& place);

}  // namespace poststack::supervise
