// Reading a configuration from memory, for tests.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "supervise/config.h"

namespace poststack::supervise {

/// Files by path.
using MemoryFiles = std::map<std::string, std::string>;

inline Config read_memory(const MemoryFiles& files,
                          const std::map<std::string, std::string>& environment = {}) {
    Surroundings surroundings;
    surroundings.environment = environment;
    surroundings.host_name = "box";
    surroundings.read = [&files](const std::string& path) -> std::optional<std::string> {
        const auto found = files.find(path);
        return found == files.end() ? std::nullopt : std::optional(found->second);
    };
    // A pattern is a prefix up to its star.
    surroundings.glob = [&files](const std::string& pattern) {
        std::vector<std::string> names;
        for (const auto& [path, text] : files) {
            if (path.starts_with(pattern.substr(0, pattern.find('*')))) names.push_back(path);
        }
        return names;
    };
    return read_config("/etc/s.conf", surroundings);
}

/// One file with an empty [supervisord] above `text`.
inline Config read_text(const std::string& text,
                        const std::map<std::string, std::string>& environment = {}) {
    return read_memory({{"/etc/s.conf", "[supervisord]\n" + text}}, environment);
}

}  // namespace poststack::supervise
