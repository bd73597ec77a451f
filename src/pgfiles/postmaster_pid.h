// postmaster.pid: the lock file and notice board of a running server.
//
// Lines: 1 pid, 2 data directory, 3 start time, 4 port, 5 first socket directory, 6 first listen
// address, 7 shared memory key, 8 status ("starting", "ready   ", "stopping", "standby ").
// Source: PostgreSQL source, src/include/utils/pidfile.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace poststack::pgfiles {

struct PostmasterPid {
    pid_t pid = 0;
    std::filesystem::path data_directory;
    std::chrono::system_clock::time_point started;
    std::uint16_t port = 0;                  ///< 0 until the server wrote it
    std::filesystem::path socket_directory;  ///< empty until written, or without sockets
    std::string listen_address;              ///< empty until written, or without TCP
    std::string status;                      ///< trimmed; empty until written

    /// True when line 8 says that sessions are accepted.
    [[nodiscard]] bool is_ready() const noexcept { return status == "ready"; }
};

/// Parses a whole or half-written file; nothing when line 1 is not a pid.
[[nodiscard]] std::optional<PostmasterPid> parse_postmaster_pid(std::string_view text);

/// Reads DATA/postmaster.pid; nothing when it is absent or half-written. Errors: denied, io.
[[nodiscard]] std::optional<PostmasterPid> find_postmaster_pid(
    const std::filesystem::path& data_directory);

/// True when `file` names a living process that is a postgres of this data directory. A pid that
/// another program, or another account's postgres, got after a crash or reboot is not.
[[nodiscard]] bool is_postmaster_alive(const PostmasterPid& file,
                                       const std::filesystem::path& data_directory);

}  // namespace poststack::pgfiles
