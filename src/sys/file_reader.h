// Reading a regular file piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "sys/fd.h"

namespace poststack::sys {

/// An open regular file, read from its start to its end.
class FileReader {
  public:
    /// Never blocks on a FIFO or device. Errors: not_found, denied, io; config when something
    /// else than a regular file is there, naming what.
    explicit FileReader(const std::filesystem::path& path);

    /// Reads at most `count` bytes and returns how many; 0 only at the end, which is where the file
    /// ended when it was opened or behind it. Errors: io.
    [[nodiscard]] std::size_t read(char* into, std::size_t count);

  private:
    std::filesystem::path path_;
    UniqueFd fd_;
    std::uint64_t size_ = 0;  ///< when it was opened
    std::uint64_t read_ = 0;
};

}  // namespace poststack::sys
