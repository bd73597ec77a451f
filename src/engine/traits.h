// What a container was made from, kept with it as a label, so that another day's wish can be
// compared with it and the difference be named.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/container.h"

namespace poststack::engine {

/// Name to value: "memory limit" to "512 MB", "setting max_connections" to "100". Values of the
/// environment are hashes: they may be secrets.
using Traits = std::map<std::string, std::string>;

/// Everything of `spec` that decides what its container is, but its labels; `image_id` is what the
/// image's name means now.
[[nodiscard]] Traits traits_of(const ContainerSpec& spec, const std::string& image_id);

/// For a label; read back by differences().
[[nodiscard]] std::string to_label(const Traits& traits);

/// What differs between the container with this label and what is wanted, in words:
/// "memory limit none -> 512 MB". A label that cannot be read differs.
[[nodiscard]] std::vector<std::string> differences(std::string_view label, const Traits& wanted);

}  // namespace poststack::engine
