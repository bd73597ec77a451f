// How much memory and CPU a server may use here: settings, control groups (v1 and v2), the machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace poststack::pgfiles {

struct Resources {
    std::uint64_t memory = 0;      ///< bytes the server may plan with
    bool memory_is_limit = false;  ///< true: a real limit; false: the machine, shared with others
    double cpus = 1.0;             ///< fractions are possible (a quota of 150 % is 1.5)
};

/// Where to look; tests point these at a folder of theirs.
struct ResourceRoots {
    std::filesystem::path proc = "/proc";
    std::filesystem::path cgroup = "/sys/fs/cgroup";
};

/// Finds the limits that hold for this process. Never fails: what cannot be read is no limit.
[[nodiscard]] Resources find_resources(const ResourceRoots& roots = {});

}  // namespace poststack::pgfiles
