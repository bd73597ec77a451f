// A file inside a container, also of one that does not run.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "engine/client.h"

namespace poststack::engine {

/// The bytes of the regular file `path` of the container, volumes included; nothing when there is
/// no such file or container. Errors: io when it is longer than `limit`; tool, timeout.
[[nodiscard]] std::optional<std::string> find_container_file(const Client& client,
                                                             const std::string& container,
                                                             const std::string& path,
                                                             std::size_t limit = 64U << 10);

}  // namespace poststack::engine
