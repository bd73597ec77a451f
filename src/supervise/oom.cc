#include "supervise/oom.h"

#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace poststack::supervise {
namespace {

std::optional<std::string> read_small(const std::filesystem::path& path) {
    try {
        return sys::find_file(path, 64U << 10);
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

OomWatch::OomWatch(const std::filesystem::path& proc, const std::filesystem::path& cgroup) {
    const std::string text = read_small(proc / "self/cgroup").value_or("");
    for (const std::string_view line : split(text, '\n')) {
        const auto parts = split(line, ':');
        if (parts.size() < 3) continue;
        const std::string path(parts[2].substr(parts[2].starts_with('/') ? 1 : 0));
        std::filesystem::path file;
        if (parts[1].empty()) file = cgroup / path / "memory.events";
        if (parts[1] == "memory") file = cgroup / "memory" / path / "memory.oom_control";
        if (file.empty()) continue;
        // Within a container the path is the host's, and the mount shows the container's own.
        if (!read_small(file)) {
            file = parts[1].empty() ? cgroup / "memory.events"
                                    : cgroup / "memory" / "memory.oom_control";
        }
        if (!read_small(file)) continue;
        file_ = file.string();
        break;
    }
    seen_ = read();
}

std::uint64_t OomWatch::read() const {
    if (file_.empty()) return 0;
    const std::string text = read_small(file_).value_or("");
    for (const std::string_view line : split(text, '\n')) {
        if (!line.starts_with("oom_kill ")) continue;
        return static_cast<std::uint64_t>(parse_integer(trim(line.substr(9))).value_or(0));
    }
    return 0;
}

bool OomWatch::happened() {
    const std::uint64_t now = read();
    const bool grew = now > seen_;
    seen_ = now;
    return grew;
}

}  // namespace poststack::supervise
