// What outlives a run of the supervisor (state_file=): who ended unexpectedly and how long ago, and
// how the last run ended.
//
// Times are kept as ages: within one boot the machine's own clock tells how long ago the file was
// written, so that a wall clock that is set changes nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poststack::supervise {

/// Now, by clocks that outlive a process.
struct Moment {
    std::string boot;              ///< differs after the machine was started anew; may be empty
    std::chrono::milliseconds up;  ///< since that start, sleep included
    std::chrono::milliseconds wall;
};

[[nodiscard]] Moment read_moment();

/// How long `then` is ago: by the machine's own clock within one boot, else by the wall clock, and
/// never less than nothing.
[[nodiscard]] std::chrono::milliseconds elapsed(const Moment& then, const Moment& now) noexcept;

struct Memory {
    struct Crash {
        std::string program;
        std::chrono::milliseconds age;  ///< when it was written
    };

    struct Exit {
        int code = 0;
        std::string reason;
    };

    Moment written;
    std::optional<Exit> exit;  ///< nothing: that run was killed, or goes on
    std::vector<Crash> crashes;
};

[[nodiscard]] std::string to_text(const Memory& memory);

/// Nothing for a text that to_text() did not write.
[[nodiscard]] std::optional<Memory> parse_memory(std::string_view text);

}  // namespace poststack::supervise
