// Host names to addresses, without blocking Ctrl-C.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace poststack::sys {

struct Resolution {
    std::vector<std::string> addresses;  ///< numeric, IPv4 or IPv6, in the resolver's order
    std::string reason;  ///< why there is none: the resolver's words, or "no answer in time"
};

/// Looks `host` up (getaddrinfo(3), for stream sockets). A numeric address is returned as it is.
///
/// The lookup itself cannot be cancelled, so it runs on a thread that is left behind when the wait
/// ends early. Errors: interrupted.
[[nodiscard]] Resolution resolve_host(const std::string& host, std::chrono::milliseconds limit);

}  // namespace poststack::sys
