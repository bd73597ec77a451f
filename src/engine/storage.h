// Volumes and networks.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/client.h"

namespace poststack::engine {

struct Volume {
    std::string name;
    std::map<std::string, std::string> labels = {};
    std::string created = {};
    std::string path = {};  ///< where the engine keeps it
};

/// Makes `name` unless it is there; what is there stays as it is. Returns what there is: look at
/// its labels, making a volume twice is no error at any engine.
Volume ensure_volume(const Client& client,
                     const std::string& name,
                     const std::map<std::string, std::string>& labels);
[[nodiscard]] std::optional<Volume> find_volume(const Client& client, const std::string& name);
[[nodiscard]] std::vector<Volume> list_volumes(const Client& client, const std::string& label);

/// Removes it with everything in it. False when there is none. Errors: conflict when it is used.
bool remove_volume(const Client& client, const std::string& name);

struct Network {
    std::string id;
    std::string name;
    std::map<std::string, std::string> labels = {};
};

/// As ensure_volume().
Network ensure_network(const Client& client,
                       const std::string& name,
                       const std::map<std::string, std::string>& labels);
[[nodiscard]] std::vector<Network> list_networks(const Client& client, const std::string& label);
[[nodiscard]] std::optional<Network> find_network(const Client& client, const std::string& name);

/// False when there is none. Errors: conflict when a container is attached.
bool remove_network(const Client& client, const std::string& name);

}  // namespace poststack::engine
