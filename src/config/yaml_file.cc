#include "config/yaml_file.h"

#include <fmt/format.h>

#include "config/yaml_tree.h"

namespace poststack::config {

namespace {

/// The pairs at the top. An empty file has none.
YamlNode read_mapping(const std::string& text, const std::filesystem::path& path) {
    YamlNode root = read_yaml_tree(text, path);
    if (!root.is_null() && !root.is_mapping()) {
        throw yaml_error(root, "the file is not a mapping of keys and values");
    }
    return root;
}

const std::string& flat_text(const YamlNode& node, std::string_view key) {
    if (node.is_sequence() || node.is_mapping()) {
        throw yaml_error(node, fmt::format("\"{}\" holds values inside values", key));
    }
    return node.text;
}

YamlEntry to_entry(const YamlPair& pair) {
    YamlEntry entry{.key = pair.key, .line = pair.line, .column = pair.column};
    const YamlNode& value = pair.value;
    entry.is_list = value.is_sequence() || value.is_mapping();
    entry.is_map = value.is_mapping();
    entry.is_null = value.is_null();
    entry.text = value.text;
    for (const YamlNode& item : value.items)
        entry.items.push_back(flat_text(item, pair.key));
    for (const YamlPair& inner : value.pairs)
        entry.items.push_back(fmt::format("{}={}", inner.key, flat_text(inner.value, pair.key)));
    return entry;
}

}  // namespace

std::vector<YamlEntry> read_flat_yaml(const std::string& text, const std::filesystem::path& path) {
    std::vector<YamlEntry> entries;
    const YamlNode root = read_mapping(text, path);
    for (const YamlPair& pair : root.pairs)
        entries.push_back(to_entry(pair));
    return entries;
}

std::optional<YamlScalar> read_compose_name(const std::string& text,
                                            const std::filesystem::path& path) {
    const YamlNode root = read_mapping(text, path);
    for (const YamlPair& pair : root.pairs) {
        if (pair.key == "name") return YamlScalar{flat_text(pair.value, "name"), pair.line};
    }
    return std::nullopt;
}

}  // namespace poststack::config
