// A program's log file, rotated as supervisord does: FILE, FILE.1, FILE.2 ...
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "sys/fd.h"

namespace poststack::supervise {

/// Whole lines are appended; none is ever split over two files. Nothing throws: a disk that is full
/// loses whole lines, which are counted, and told when it begins and when it ends.
class LogFile {
  public:
    /// `max_bytes` 0: never rotated. Rotates on its own before a file would grow larger.
    LogFile(std::string path, std::uint64_t max_bytes, int backups);

    /// Told once when writing begins to fail (an errno), and once when it works again (0).
    using Trouble = std::function<void(int code, std::uint64_t lost_bytes)>;

    void on_trouble(Trouble callback) { trouble_ = std::move(callback); }

    /// Opens the file; an errno when that fails.
    int open() noexcept;

    /// Appends `lines`, which end with a line end.
    void write(std::string_view lines) noexcept;

    /// Closes and opens again: somebody else has moved the file.
    int reopen() noexcept;

    /// Empties the file and removes its backups.
    int clear() noexcept;

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    [[nodiscard]] std::uint64_t lost_bytes() const noexcept { return lost_; }

  private:
    void append(std::string_view bytes) noexcept;
    void lose(std::string_view bytes, std::size_t done, int code) noexcept;
    void tell(int code) noexcept;
    void rotate() noexcept;

    std::string path_;
    std::uint64_t max_bytes_;
    int backups_;
    sys::UniqueFd fd_;
    std::uint64_t size_ = 0;
    bool can_rotate_ = false;  ///< not a terminal, pipe or /dev/null
    std::uint64_t lost_ = 0;
    bool failing_ = false;
    Trouble trouble_;
};

}  // namespace poststack::supervise
