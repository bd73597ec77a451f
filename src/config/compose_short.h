// The short forms of ports and volumes (Compose specification, services: ports, volumes).
#pragma once

#include <vector>

#include "config/yaml_tree.h"

namespace poststack::config {

/// "[IP:][HOST:]CONTAINER[/protocol]", both sides single ports or ranges, as mappings with target,
/// published, host_ip and protocol; a range gives one mapping a port.
/// Errors: config with the place.
[[nodiscard]] std::vector<YamlNode> parse_short_port(const YamlNode& item);

/// "[SOURCE:]TARGET[:MODE]" as one mapping with type, source, target, read_only and so on. A source
/// that begins with "/", "." or "~" is a path of the host, any other the name of a volume.
/// Errors: config with the place.
[[nodiscard]] std::vector<YamlNode> parse_short_volume(const YamlNode& item);

}  // namespace poststack::config
