// The words after ready=, startup_probe=, readiness_probe= and liveness_probe=.
#pragma once

#include <optional>
#include <string>

#include "supervise/config.h"

namespace poststack::supervise {

/// Reads "postgres", "http://127.0.0.1:8000/path", "tcp:8000", "tcp:127.0.0.1:8000",
/// "exec:COMMAND", "file:/path", "notify" or "none". Hosts are literal addresses or localhost.
/// On failure nothing, and `problem` says why.
[[nodiscard]] std::optional<Check> parse_check(const std::string& text, std::string& problem);

}  // namespace poststack::supervise
