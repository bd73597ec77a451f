// Where log lines go: the terminal and rotating files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace poststack::sys {

/// How large a log may grow, and whose it is.
struct Rotation {
    std::uint64_t max_bytes = 10U << 20;
    int keep = 5;                     ///< files in all
    std::optional<Owner> owner = {};  ///< of new files (needs root)
};

/// Appends whole lines to `path`; before a line would take it over the limit the file is renamed
/// to path.1, path.1 to path.2 ... Several processes may write one file: rotation happens under a
/// lock and a writer that finds its file renamed opens the new one. Files are 0600. Errors:
/// not_found, denied, io.
class RotatingFile {
  public:
    explicit RotatingFile(std::filesystem::path path, const Rotation& rotation = {});
    void write_line(std::string_view line);

  private:
    void open();
    void rotate_if_needed(std::size_t incoming);
    std::filesystem::path path_;
    Rotation rotation_;
    UniqueFd fd_;
};

/// A sink for stderr: "12:04:31 info started pid=4312"; colour only on a terminal without NO_COLOR.
[[nodiscard]] Logger::Sink terminal_sink();

/// A sink that stamps every line with UTC and milliseconds and appends it to `path`.
///
/// The file, and its folder when missing, is made at the first line: what logs nothing leaves
/// nothing. When it cannot be written, `on_failure` is called once and the sink is quiet from then
/// on: logging never stops a command.
[[nodiscard]] Logger::Sink file_sink(std::filesystem::path path,
                                     const Rotation& rotation = {},
                                     std::function<void(const Error&)> on_failure = {});

}  // namespace poststack::sys
