// Files that are one flat mapping, and the one key of a compose file that every command needs.
// Every scalar is the text that was written.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poststack::config {

/// `key: value` at the top of a file.
struct YamlEntry {
    std::string key;
    std::string text = {};                ///< of a scalar; empty for a list
    std::vector<std::string> items = {};  ///< of a list, or "name=value" of a map of scalars
    bool is_list = false;
    bool is_map = false;   ///< then is_list too
    bool is_null = false;  ///< nothing behind the colon
    int line = 0;          ///< of the key, from 1
    int column = 0;
};

/// Reads a file that is one flat mapping. `path` is for messages.
/// Errors: config, `cannot read "<file>:<line>:<column>": <what is wrong>`: syntax, a key twice
/// (both lines named) and nested values.
[[nodiscard]] std::vector<YamlEntry> read_flat_yaml(const std::string& text,
                                                    const std::filesystem::path& path);

/// A top-level scalar of a compose file and its line.
struct YamlScalar {
    std::string text;
    int line = 0;
};

/// Reads `name` of a compose file, ignoring everything else. Errors: config, as above.
[[nodiscard]] std::optional<YamlScalar> read_compose_name(const std::string& text,
                                                          const std::filesystem::path& path);

}  // namespace poststack::config
