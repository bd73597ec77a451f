// Where log lines go: the terminal and rotating files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "sys/fd.h"

namespace poststack::sys {

/// Appends whole lines to `path`; before a line would take it over `max_bytes` the file is renamed
/// to path.1, path.1 to path.2 ... and at most `keep` files exist in all. Several processes may
/// write one file: rotation happens under a lock and a writer that finds its file renamed opens
/// the new one. Files are 0600. Errors: denied, io.
class RotatingFile {
  public:
    explicit RotatingFile(std::filesystem::path path,
                          std::uint64_t max_bytes = 10U << 20,
                          int keep = 5);
    void write_line(std::string_view line);

  private:
    void open();
    void rotate_if_needed(std::size_t incoming);
    std::filesystem::path path_;
    std::uint64_t max_bytes_;
    int keep_;
    UniqueFd fd_;
};

/// A sink for stderr: "12:04:31 info started pid=4312"; colour only on a terminal without NO_COLOR.
[[nodiscard]] Logger::Sink terminal_sink();

/// A sink that stamps every line with UTC and milliseconds and appends it to `file`. When the file
/// cannot be written it goes quiet: logging never stops a command.
[[nodiscard]] Logger::Sink file_sink(std::shared_ptr<RotatingFile> file);

}  // namespace poststack::sys
