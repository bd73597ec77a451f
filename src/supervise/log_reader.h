// Reading a log file that is being written, as supervisord's XML-RPC does.
#pragma once

#include <cstdint>
#include <string>

#include "sys/fd.h"

namespace poststack::supervise {

class LogReader {
  public:
    explicit LogReader(const std::string& path) noexcept;

    [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(fd_); }

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    /// At most `count` bytes from `offset` on.
    [[nodiscard]] std::string read(std::uint64_t offset, std::size_t count) const;

  private:
    sys::UniqueFd fd_;
    std::uint64_t size_ = 0;
};

}  // namespace poststack::supervise
