// Asking a running poststack-init whether everything is ready: the container's health command.
#pragma once

#include <chrono>
#include <string>

#include "supervise/config.h"

namespace poststack::supervise {

struct HealthReport {
    bool ready = false;
    std::string body;  ///< the JSON that was answered
};

/// Asks GET `target` of the health socket or port of `config`, else of supervisorctl's unix socket.
/// Blocks at most `limit`. Errors: config when the file names none of them; timeout when nobody
/// answers.
[[nodiscard]] HealthReport ask_health(const Config& config,
                                      const std::string& target,
                                      std::chrono::milliseconds limit);

}  // namespace poststack::supervise
