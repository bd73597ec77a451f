// Local TCP ports and unix sockets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>

namespace poststack::sys {

/// True when 127.0.0.1:`port` and [::1]:`port` can both be bound right now (SO_REUSEADDR, as
/// PostgreSQL binds; no IPv6 on this machine counts as free).
[[nodiscard]] bool is_port_free(std::uint16_t port);

/// First free port from `first` upwards, at most 1000 tries; nothing when none is.
[[nodiscard]] std::optional<std::uint16_t> find_free_port(std::uint16_t first);

struct PortHolder {
    pid_t pid = 0;        ///< 0 when another user's process cannot be looked into
    std::string program;  ///< "postgres"; empty when unknown
    uid_t uid = 0;        ///< of the account that opened the socket
};

/// Who listens on TCP `port` of this machine (/proc/net/tcp, tcp6 and /proc/PID/fd).
[[nodiscard]] std::optional<PortHolder> find_port_holder(std::uint16_t port);

/// The longest socket path the kernel takes (sun_path), 107 bytes. Source: unix(7).
inline constexpr std::size_t max_socket_path = 107;

}  // namespace poststack::sys
