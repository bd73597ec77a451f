// A YAML document as a tree that keeps what yaml-cpp forgets: the place of every value, whether a
// scalar was quoted, and the order of keys. Anchors, aliases and merge keys (<<) are resolved.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "poststack/error.h"

namespace poststack::config {

struct YamlPair;

/// One value. A tree owns its parts; copying one copies the tree.
struct YamlNode {
    enum class Kind { null, scalar, sequence, mapping };

    Kind kind = Kind::null;
    std::string text = {};  ///< of a scalar, as written, without its quotes
    bool quoted = false;    ///< a quoted scalar is text, whatever it looks like
    std::string tag = {};   ///< "!reset" or "!override" (compose); every other tag is refused
    std::shared_ptr<const std::string> file = {};  ///< for messages, as the user would type it
    int line = 0;                                  ///< from 1
    int column = 0;                                ///< from 1
    std::vector<YamlNode> items;                   ///< of a sequence
    std::vector<YamlPair> pairs;                   ///< of a mapping, in the order of the file

    [[nodiscard]] bool is_null() const noexcept { return kind == Kind::null; }
    [[nodiscard]] bool is_scalar() const noexcept { return kind == Kind::scalar; }
    [[nodiscard]] bool is_sequence() const noexcept { return kind == Kind::sequence; }
    [[nodiscard]] bool is_mapping() const noexcept { return kind == Kind::mapping; }

    /// The value of `key` in a mapping; null pointer when there is none.
    [[nodiscard]] const YamlNode* find(std::string_view key) const noexcept;
    [[nodiscard]] YamlNode* find(std::string_view key) noexcept;

    /// Sets `key` of a mapping, in its place when it is there, else at the end.
    void set(std::string_view key, YamlNode value);

    /// Removes `key`; nothing happens when it is not there.
    void erase(std::string_view key);

    /// "compose.yaml:7:5".
    [[nodiscard]] std::string where() const;

    /// A value that stands at the place of this one.
    [[nodiscard]] YamlNode beside(Kind kind, std::string text = {}) const;
};

struct YamlPair {
    std::string key;
    YamlNode value;
    int line = 0;  ///< of the key, from 1
    int column = 0;
};

/// Reads `text`, one document. `path` is for messages. An empty document is null.
///
/// Errors: config, `cannot read "<file>:<line>:<column>": <what is wrong>`: syntax, a missing
/// closing quote, a key that stands twice, a key that is not text, an unknown tag, aliases that
/// would grow the document beyond reason, a second document.
[[nodiscard]] YamlNode read_yaml_tree(const std::string& text, const std::filesystem::path& path);

/// The error for what is wrong with `node`: config, `cannot read "<file>:<line>:<column>": <what>`.
[[nodiscard]] Error yaml_error(const YamlNode& node, std::string_view what);

}  // namespace poststack::config
