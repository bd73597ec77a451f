// The server's own log, for `logs`: where it is, and its last lines over all rotated parts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "sys/fd.h"
#include "workflow/stack.h"

namespace poststack::workflow {

struct ServerLog {
    std::filesystem::path path;
    bool is_there = false;
    bool server_runs = false;  ///< only looked at when the log is not there
};

/// Finds it. When a server runs whose log folder was removed, the folder is made again: the log
/// writer's account may not be allowed to. Errors: denied, io.
[[nodiscard]] ServerLog find_server_log(const StackRequest& request);

/// The last lines of a log and of its rotated parts (path.1 is the newest of those), read in small
/// pieces: the parts together may be larger than a command's memory.
class LogTail {
  public:
    /// Opens what is there now; a rotation meanwhile takes nothing away. Errors: denied, io.
    LogTail(const std::filesystem::path& path, std::uint64_t lines);

    /// Hands the text over; a piece may end anywhere. Errors: io.
    void read(const std::function<void(std::string_view)>& take) const;

  private:
    struct Part {
        sys::UniqueFd file;
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };

    [[nodiscard]] bool add(const std::filesystem::path& path, std::uint64_t& missing);

    std::filesystem::path path_;
    std::vector<Part> parts_;  ///< the newest first
};

}  // namespace poststack::workflow
