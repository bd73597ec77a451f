// The small program at the other end of a server's standard error.
#pragma once

#include <filesystem>

namespace poststack::instance {

/// The first argument that turns poststack into a log writer; the second is the log file. Not for
/// people, so not part of the command table.
inline constexpr const char* log_writer_flag = "--internal-log-writer";

/// Copies lines from `input` to rotating files (10 MB, 5 of them) until its end, which comes when
/// the last process of the server is gone.
///
/// Never stops reading: a server whose log cannot be written (disk full) must not block on it, so
/// such lines are dropped and counted, and the count is written as soon as there is room again. A
/// folder that was removed is made again.
void write_log(int input, const std::filesystem::path& path);

}  // namespace poststack::instance
