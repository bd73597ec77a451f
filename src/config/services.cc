#include "config/services.h"

#include <algorithm>
#include <string_view>

#include "config/yaml_file.h"
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

}  // namespace

std::vector<std::string> services_using(const Project& project,
                                        const std::vector<std::string>& variables) {
    std::vector<std::string> names;
    if (!project.compose_file) return names;
    const std::filesystem::path folder = project.compose_file->parent_path();
    const std::string text = sys::read_file(*project.compose_file);
    for (const ComposeService& service : read_compose_services(text, *project.compose_file)) {
        const bool by_name =
            std::any_of(variables.begin(), variables.end(), [&](const std::string& variable) {
                return mentions(service.text, variable);
            });
        const bool by_file = std::any_of(
            service.env_files.begin(), service.env_files.end(), [&](const std::string& file) {
                return (folder / file).lexically_normal() == project.env_file;
            });
        if (by_name || by_file) names.push_back(service.name);
    }
    return names;
}

}  // namespace poststack::config
