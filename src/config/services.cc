#include "config/services.h"

#include <algorithm>
#include <string_view>

#include "config/yaml_tree.h"
#include "sys/file.h"

namespace poststack::config {

namespace {

bool is_name_character(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/// True when `text` holds `name` as a whole word: ${NAME}, $NAME, or an entry that is passed on.
bool mentions(std::string_view text, std::string_view name) {
    for (std::size_t at = text.find(name); at != std::string_view::npos;
         at = text.find(name, at + 1)) {
        const std::size_t end = at + name.size();
        const bool begins = at == 0 || !is_name_character(text[at - 1]);
        const bool ends = end == text.size() || !is_name_character(text[end]);
        if (begins && ends) return true;
    }
    return false;
}

/// True when a value or a key below `node` holds `name`.
bool mentions(const YamlNode& node, std::string_view name) {
    if (mentions(std::string_view(node.text), name)) return true;
    return std::any_of(node.items.begin(),
                       node.items.end(),
                       [&](const YamlNode& item) { return mentions(item, name); }) ||
           std::any_of(node.pairs.begin(), node.pairs.end(), [&](const YamlPair& pair) {
               return mentions(std::string_view(pair.key), name) || mentions(pair.value, name);
           });
}

/// The files of `env_file`: one path, or a list of paths and {path: ...}.
std::vector<std::string> env_files(const YamlNode& service) {
    std::vector<std::string> files;
    const YamlNode* const node = service.find("env_file");
    if (node == nullptr) return files;
    if (node->is_scalar()) files.push_back(node->text);
    for (const YamlNode& item : node->items) {
        const YamlNode* const path = item.is_mapping() ? item.find("path") : &item;
        if (path != nullptr && path->is_scalar()) files.push_back(path->text);
    }
    return files;
}

}  // namespace

std::vector<std::string> services_using(const Project& project,
                                        const std::vector<std::string>& variables) {
    std::vector<std::string> names;
    if (!project.compose_file) return names;
    const std::filesystem::path folder = project.compose_file->parent_path();
    const YamlNode root =
        read_yaml_tree(sys::read_file(*project.compose_file), *project.compose_file);
    const YamlNode* const services = root.find("services");
    if (services == nullptr) return names;
    for (const YamlPair& service : services->pairs) {
        const bool by_name =
            std::any_of(variables.begin(), variables.end(), [&](const std::string& variable) {
                return mentions(service.value, variable);
            });
        const std::vector<std::string> files = env_files(service.value);
        const bool by_file = std::any_of(files.begin(), files.end(), [&](const std::string& file) {
            return (folder / file).lexically_normal() == project.env_file;
        });
        if (by_name || by_file) names.push_back(service.key);
    }
    return names;
}

}  // namespace poststack::config
