#include "config/yaml_file.h"

#include <map>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/error.h"

namespace poststack::config {

namespace {

[[noreturn]] void fail(const std::filesystem::path& path,
                       const YAML::Mark& mark,
                       std::string_view what) {
    throw Error(
        ErrorKind::config,
        fmt::format(
            "cannot read \"{}:{}:{}\": {}", path.native(), mark.line + 1, mark.column + 1, what));
}

YAML::Node load(const std::string& text, const std::filesystem::path& path) {
    try {
        const std::vector<YAML::Node> documents = YAML::LoadAll(text);
        if (documents.size() > 1) fail(path, documents[1].Mark(), "there is a second document");
        return documents.empty() ? YAML::Node() : documents.front();
    } catch (const YAML::Exception& error) {
        fail(path, error.mark, error.msg);
    }
}

/// True when the quoted scalar that begins at `text[at]` has its closing quote. yaml-cpp takes the
/// end of the file for one.
bool is_closed(std::string_view text, std::size_t at) {
    const char quote = text[at];
    for (++at; at < text.size(); ++at) {
        const bool doubled = quote == '\'' && text.substr(at, 2) == "''";
        const bool escaped = quote == '"' && text[at] == '\\';
        if (doubled || escaped) {
            ++at;
        } else if (text[at] == quote) {
            return true;
        }
    }
    return false;
}

void check_quotes(const YAML::Node& node,
                  const std::string& text,
                  const std::filesystem::path& path) {
    if (node.IsScalar()) {
        const auto at = static_cast<std::size_t>(node.Mark().pos);
        const bool quoted = at < text.size() && (text[at] == '"' || text[at] == '\'');
        if (quoted && !is_closed(text, at)) {
            fail(path, node.Mark(), "the closing quote is missing");
        }
    } else if (node.IsSequence()) {
        for (const YAML::Node& item : node)
            check_quotes(item, text, path);
    } else if (node.IsMap()) {
        for (const auto& pair : node) {
            check_quotes(pair.first, text, path);
            check_quotes(pair.second, text, path);
        }
    }
}

/// Calls `visit` for each pair of the mapping at the top; refuses a key that comes twice.
template <class Visit>
void for_each_pair(const YAML::Node& root, const std::filesystem::path& path, Visit visit) {
    if (!root.IsDefined() || root.IsNull()) return;
    if (!root.IsMap()) fail(path, root.Mark(), "the file is not a mapping of keys and values");
    std::map<std::string, int> seen;
    for (const auto& pair : root) {
        if (!pair.first.IsScalar()) fail(path, pair.first.Mark(), "a key is not plain text");
        const std::string& key = pair.first.Scalar();
        const int line = pair.first.Mark().line + 1;
        const auto [first, fresh] = seen.emplace(key, line);
        if (!fresh) {
            fail(path,
                 pair.first.Mark(),
                 fmt::format("key \"{}\" stands already in line {}", key, first->second));
        }
        visit(key, pair.first.Mark(), pair.second);
    }
}

std::string scalar(const YAML::Node& node,
                   const std::filesystem::path& path,
                   std::string_view key) {
    if (node.IsNull()) return {};
    if (!node.IsScalar()) {
        fail(path, node.Mark(), fmt::format("\"{}\" holds values inside values", key));
    }
    return node.Scalar();
}

}  // namespace

std::vector<YamlEntry> read_flat_yaml(const std::string& text, const std::filesystem::path& path) {
    std::vector<YamlEntry> entries;
    const YAML::Node root = load(text, path);
    check_quotes(root, text, path);
    for_each_pair(root, path, [&](const std::string& key, YAML::Mark mark, const YAML::Node& node) {
        YamlEntry entry{.key = key, .line = mark.line + 1, .column = mark.column + 1};
        if (node.IsSequence()) {
            entry.is_list = true;
            for (const YAML::Node& item : node)
                entry.items.push_back(scalar(item, path, key));
        } else if (node.IsMap()) {
            entry.is_list = true;
            entry.is_map = true;
            for_each_pair(
                node, path, [&](const std::string& name, YAML::Mark, const YAML::Node& item) {
                    entry.items.push_back(fmt::format("{}={}", name, scalar(item, path, key)));
                });
        } else {
            entry.is_null = node.IsNull();
            entry.text = scalar(node, path, key);
        }
        entries.push_back(std::move(entry));
    });
    return entries;
}

std::optional<YamlScalar> read_compose_name(const std::string& text,
                                            const std::filesystem::path& path) {
    std::optional<YamlScalar> found;
    const YAML::Node root = load(text, path);
    for_each_pair(root, path, [&](const std::string& key, YAML::Mark mark, const YAML::Node& node) {
        if (key == "name") found = YamlScalar{scalar(node, path, key), mark.line + 1};
    });
    return found;
}

std::vector<ComposeService> read_compose_services(const std::string& text,
                                                  const std::filesystem::path& path) {
    std::vector<ComposeService> services;
    const YAML::Node root = load(text, path);
    if (!root.IsMap() || !root["services"] || !root["services"].IsMap()) return services;
    for (const auto& pair : root["services"]) {
        const YAML::Node definition = pair.second;
        ComposeService service{.name = pair.first.Scalar(), .text = YAML::Dump(definition)};
        const YAML::Node files = definition.IsMap() ? definition["env_file"] : YAML::Node();
        if (files && files.IsScalar()) service.env_files.push_back(files.Scalar());
        if (files && files.IsSequence()) {
            for (const YAML::Node& item : files) {
                const YAML::Node file = item.IsMap() ? item["path"] : item;  // "path:" of 2.24
                if (file && file.IsScalar()) service.env_files.push_back(file.Scalar());
            }
        }
        services.push_back(std::move(service));
    }
    return services;
}

}  // namespace poststack::config
