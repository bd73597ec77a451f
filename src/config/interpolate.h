// ${VAR} and its relatives, as docker compose replaces them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace poststack::config {

/// Finds the value of a variable; nothing when it is not set.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Replaces $NAME, ${NAME}, ${NAME:-default}, ${NAME-default}, ${NAME:?text}, ${NAME?text},
/// ${NAME:+other}, ${NAME+other} (nested as well) and $$ in `text`. An unset variable is empty.
///
/// Errors: config, `cannot read "<origin>": <what is wrong>`, never the value.
[[nodiscard]] std::string interpolate(std::string_view text,
                                      const Lookup& lookup,
                                      std::string_view origin);

}  // namespace poststack::config
