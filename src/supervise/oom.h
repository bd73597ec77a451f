// Whether the kernel has killed something of this container for lack of memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace poststack::supervise {

class OomWatch {
  public:
    /// Finds the counter of our control group, version 1 or 2; without one nothing is ever seen.
    explicit OomWatch(const std::filesystem::path& proc = "/proc",
                      const std::filesystem::path& cgroup = "/sys/fs/cgroup");

    /// True when the counter has grown since the last call.
    [[nodiscard]] bool happened();

  private:
    [[nodiscard]] std::uint64_t read() const;

    std::string file_;
    std::uint64_t seen_ = 0;
};

}  // namespace poststack::supervise
