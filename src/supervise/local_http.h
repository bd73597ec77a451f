// One question to a running poststack-init, over its unix socket or port: the client side.
#pragma once

#include <chrono>
#include <string>

#include "supervise/config.h"

namespace poststack::supervise {

struct LocalQuestion {
    std::string method = "GET";
    std::string target;
    std::string body = {};                   ///< text/xml where there is one
    std::chrono::milliseconds limit{5'000};  ///< of each wait; 0: as long as it takes
};

struct LocalAnswer {
    int status = 0;
    std::string body;
};

/// Blocks. Errors: timeout when nobody answers, or not in time; denied when the socket may not be
/// opened.
[[nodiscard]] LocalAnswer ask_local(const ServerConfig& server, const LocalQuestion& question);

}  // namespace poststack::supervise
