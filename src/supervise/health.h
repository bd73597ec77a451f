// What /health, /health/live, /health/ready and /metrics answer, from memory alone.
#pragma once

#include <string>
#include <string_view>

#include "supervise/http_server.h"
#include "supervise/supervisor.h"

namespace poststack::supervise {

struct HealthAnswer {
    int status = 200;  ///< 503: not ready, or not alive
    std::string type = "application/json";
    std::string body;
};

/// Answers `target`; status 404 for anything else. Ready: every program that is wanted is ready.
/// Live: nothing critical has failed for good.
[[nodiscard]] HealthAnswer answer_health(const Supervisor& supervisor, std::string_view target);

/// The same over HTTP; other methods than GET and HEAD are refused.
void serve_health(const Supervisor& supervisor, const Request& request, Reply& reply);

}  // namespace poststack::supervise
