// What happens at an engine, as it happens.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "engine/client.h"

namespace poststack::engine {

struct EngineEvent {
    std::string type;    ///< "container", "volume", "network", "image"
    std::string action;  ///< "start", "die", "oom", "health_status: healthy", ...
    std::string id;
    std::string name;
    std::map<std::string, std::string> attributes = {};
    std::int64_t time = 0;  ///< seconds since 1970
};

/// Waits for events of containers with `label` until `on_event` returns false, `limit` has passed
/// (returns false then) or the command is interrupted. `since` (seconds since 1970) brings what
/// happened before the call too: nothing is lost between a look and the wait.
bool follow_events(const Client& client,
                   const std::string& label,
                   std::int64_t since,
                   std::chrono::milliseconds limit,
                   const std::function<bool(const EngineEvent&)>& on_event);

}  // namespace poststack::engine
