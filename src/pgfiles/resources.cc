#include "pgfiles/resources.h"

#include <algorithm>
#include <sched.h>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace poststack::pgfiles {
namespace {

using std::filesystem::path;

/// What cannot be read counts as absent: a limit that is not visible cannot be planned with.
std::string text_of(const path& file) {
    try {
        return sys::find_file(file, 1U << 20).value_or("");
    } catch (const Error&) {
        return {};
    }
}

std::optional<std::uint64_t> positive(std::string_view text) {
    const auto number = parse_integer(trim(text));
    if (!number || *number <= 0) return std::nullopt;
    return static_cast<std::uint64_t>(*number);
}

std::uint64_t machine_memory(const path& proc) {
    const std::string text = text_of(proc / "meminfo");
    for (const std::string_view line : split(text, '\n')) {
        if (!line.starts_with("MemTotal:")) continue;
        std::string_view rest = trim(line.substr(9));
        rest = rest.substr(0, rest.find(' '));
        return positive(rest).value_or(0) * 1024;
    }
    return 0;
}

/// This process's group below each hierarchy: "memory" -> "/a/b"; "" is cgroup v2.
std::string group_of(const path& proc, std::string_view controller) {
    const std::string text = text_of(proc / "self" / "cgroup");
    for (const std::string_view line : split(text, '\n')) {
        const auto parts = split(line, ':');
        if (parts.size() < 3) continue;
        const auto names = split(parts[1], ',');
        if (std::find(names.begin(), names.end(), controller) == names.end()) continue;
        return std::string(line.substr(parts[0].size() + parts[1].size() + 2));
    }
    return {};
}

/// The directories of `group` from the innermost to the root of the hierarchy: a parent's limit
/// holds for its children. In a container the group's path may not exist below the mount, which
/// then is the container's own group.
std::vector<path> chain(const path& root, const std::string& group) {
    std::vector<path> directories;
    path below = path(group).relative_path();
    while (!below.empty()) {
        directories.push_back(root / below);
        below = below.parent_path();
    }
    directories.push_back(root);
    return directories;
}

std::optional<std::uint64_t> least_memory(const std::vector<path>& directories, const char* file) {
    std::optional<std::uint64_t> least;
    for (const path& directory : directories) {
        const auto limit = positive(text_of(directory / file));
        if (limit && (!least || *limit < *least)) least = limit;
    }
    return least;
}

/// cpu.max of v2 is "QUOTA PERIOD" or "max PERIOD".
std::optional<double> cpu_max(const path& directory) {
    const std::string text = text_of(directory / "cpu.max");
    const auto parts = split(trim(text), ' ');
    if (parts.size() != 2) return std::nullopt;
    const auto quota = positive(parts[0]);
    const auto period = positive(parts[1]);
    if (!quota || !period) return std::nullopt;
    return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<double> cfs_quota(const path& directory) {
    const auto quota = positive(text_of(directory / "cpu.cfs_quota_us"));
    const auto period = positive(text_of(directory / "cpu.cfs_period_us"));
    if (!quota || !period) return std::nullopt;
    return static_cast<double>(*quota) / static_cast<double>(*period);
}

double usable_cpus() {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1.0;
    return std::max(1, CPU_COUNT(&set));
}

}  // namespace

Resources find_resources(const ResourceRoots& roots) {
    Resources resources;
    resources.memory = machine_memory(roots.proc);
    resources.cpus = usable_cpus();

    const auto unified = chain(roots.cgroup, group_of(roots.proc, ""));
    const auto memory_v1 = chain(roots.cgroup / "memory", group_of(roots.proc, "memory"));
    const auto cpu_v1 = chain(roots.cgroup / "cpu", group_of(roots.proc, "cpu"));
    for (const auto& limit :
         {least_memory(unified, "memory.max"), least_memory(memory_v1, "memory.limit_in_bytes")}) {
        // v1 says "no limit" with a number near 2^63, so only less than the machine is a limit.
        if (!limit || (resources.memory != 0 && *limit >= resources.memory)) continue;
        resources.memory = *limit;
        resources.memory_is_limit = true;
    }
    for (const path& directory : unified) {
        if (const auto cpus = cpu_max(directory)) resources.cpus = std::min(resources.cpus, *cpus);
    }
    for (const path& directory : cpu_v1) {
        if (const auto cpus = cfs_quota(directory))
            resources.cpus = std::min(resources.cpus, *cpus);
    }
    return resources;
}

}  // namespace poststack::pgfiles
