#include "config/compose_file.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "config/compose_canonical.h"
#include "config/compose_check.h"
#include "config/compose_sections.h"
#include "config/compose_service.h"
#include "sys/file.h"

namespace poststack::config {

namespace {

namespace fs = std::filesystem;

constexpr std::array<IgnoredKey, 1> harmless_top{
    {{"version", "it has no meaning in the Compose specification"}}};

Lookup lookup_in(const Environment& environment) {
    return [&environment](std::string_view name) -> std::optional<std::string> {
        const auto found = environment.find(std::string(name));
        if (found == environment.end()) return std::nullopt;
        return found->second;
    };
}

/// `extends` within one file, in any depth.
class Extension {
  public:
    explicit Extension(YamlNode& services) : services_(services) {}

    void resolve() {
        for (YamlPair& pair : services_.pairs)
            resolve_one(pair.key, pair.value);
    }

  private:
    void resolve_one(const std::string& name, YamlNode& service) {
        const YamlNode* const extends = service.find("extends");
        if (extends == nullptr) return;
        const YamlNode place = extends->beside(YamlNode::Kind::null);
        const std::string base_name = base_of(*extends);
        YamlNode* const base = services_.find(base_name);
        if (base == nullptr) {
            throw yaml_error(
                place,
                fmt::format(
                    "service \"{}\" extends \"{}\", which is not in this file", name, base_name));
        }
        if (!open_.insert(name).second) {
            throw yaml_error(place, fmt::format("service \"{}\" extends itself in a circle", name));
        }
        resolve_one(base_name, *base);
        open_.erase(name);
        YamlNode merged = *base;
        service.erase("extends");
        merge_compose(merged, service);
        merged.file = service.file;
        merged.line = service.line;
        merged.column = service.column;
        service = std::move(merged);
    }

    static std::string base_of(const YamlNode& extends) {
        if (extends.is_scalar()) return extends.text;
        std::vector<std::string> ignored;
        ComposeFields fields(extends, "extends");
        if (const YamlNode* const file = fields.find("file")) {
            throw yaml_error(*file, "\"extends\" from another file is not supported");
        }
        std::string name = fields.text_or("service");
        fields.finish({}, ignored);
        return name;
    }

    YamlNode& services_;
    std::set<std::string> open_;
};

YamlNode read_document(const fs::path& path, const Environment& environment) {
    if (!sys::find_info(path)) {
        throw Error(ErrorKind::not_found, fmt::format("there is no file \"{}\"", path.native()));
    }
    YamlNode document = read_yaml_tree(sys::read_file(path), path.lexically_normal());
    if (!document.is_mapping()) {
        throw yaml_error(document, "a compose file is a mapping with a key \"services\"");
    }
    for (const YamlPair& pair : document.pairs) {
        const bool section = pair.key == "services" || pair.key == "volumes" ||
                             pair.key == "networks" || pair.key == "secrets" ||
                             pair.key == "configs";
        if (section && !pair.value.is_mapping() && !pair.value.is_null()) {
            throw yaml_error(pair.value, fmt::format("\"{}\" must be a mapping", pair.key));
        }
    }
    interpolate_tree(document, lookup_in(environment));
    canonicalise_compose(document);
    if (YamlNode* const services = document.find("services")) Extension(*services).resolve();
    return document;
}

void refuse_bad_name(const YamlPair& pair) {
    const auto ok = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    };
    if (!pair.key.empty() && std::all_of(pair.key.begin(), pair.key.end(), ok)) return;
    throw yaml_error(pair.value,
                     fmt::format("\"{}\" cannot name a service; letters, digits, \".\", \"_\" and "
                                 "\"-\" can",
                                 pair.key));
}

bool is_on(const std::vector<std::string>& profiles,
           const std::string& name,
           const ComposeSelection& selection) {
    const auto has = [](const std::vector<std::string>& list, const std::string& word) {
        return std::find(list.begin(), list.end(), word) != list.end();
    };
    if (profiles.empty() || has(selection.profiles, "*") || has(selection.targets, name))
        return true;
    return std::any_of(profiles.begin(), profiles.end(), [&](const std::string& profile) {
        return has(selection.profiles, profile);
    });
}

void read_services(const YamlNode* services,
                   const ComposeSelection& selection,
                   ComposeProject& project) {
    const ComposeSurroundings surroundings{project.directory, selection.environment};
    if (services == nullptr || services->is_null()) return;
    for (const YamlPair& pair : services->pairs) {
        refuse_bad_name(pair);
        std::vector<std::string> ignored;
        std::vector<std::string> profiles;
        if (const YamlNode* const node = pair.value.find("profiles")) {
            for (const YamlNode& item : node->items)
                profiles.push_back(scalar_text(item, "profiles"));
        }
        // What is switched off is not read further: its variables and files need not be there.
        if (!is_on(profiles, pair.key, selection)) {
            project.switched_off.push_back(pair.key);
            continue;
        }
        project.services.push_back(
            read_compose_service(pair.key, pair.value, surroundings, project.ignored));
    }
    std::sort(project.services.begin(), project.services.end(), [](const auto& a, const auto& b) {
        return a.name < b.name;
    });
}

/// A service without networks is in the default one.
void add_default_network(ComposeProject& project) {
    bool used = false;
    for (ComposeService& service : project.services) {
        if (service.networks.empty()) service.networks.push_back({.network = "default"});
        used = used || std::any_of(service.networks.begin(),
                                   service.networks.end(),
                                   [](const auto& use) { return use.network == "default"; });
    }
    const bool there = std::any_of(project.networks.begin(),
                                   project.networks.end(),
                                   [](const auto& network) { return network.key == "default"; });
    if (used && !there) {
        project.networks.push_back({.key = "default", .name = project.name + "_default"});
    }
}

}  // namespace

std::vector<fs::path> find_compose_files(const fs::path& directory) {
    constexpr std::array<const char*, 4> bases{
        "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"};
    constexpr std::array<const char*, 4> overrides{"compose.override.yaml",
                                                   "compose.override.yml",
                                                   "docker-compose.override.yml",
                                                   "docker-compose.override.yaml"};
    std::vector<fs::path> found;
    const auto add_first = [&](const auto& names) {
        for (const char* name : names) {
            if (!sys::find_info(directory / name)) continue;
            found.push_back(directory / name);
            return;
        }
    };
    add_first(bases);
    if (!found.empty()) add_first(overrides);
    return found;
}

ComposeProject load_compose(const ComposeSelection& selection) {
    ComposeProject project;
    project.files = selection.files;
    project.name = selection.project_name;
    if (selection.files.empty()) throw Error(ErrorKind::bug, "no compose file to load");
    project.directory = selection.files.front().parent_path();
    YamlNode document;
    for (const fs::path& path : selection.files)
        merge_compose(document, read_document(path, selection.environment));

    ComposeFields top(document, "the file");
    static_cast<void>(top.find("name"));
    read_services(top.find("services"), selection, project);
    const ComposeSurroundings surroundings{project.directory, selection.environment};
    read_compose_sections(top, surroundings, project);
    top.finish(harmless_top, project.ignored);
    if (project.services.empty() && project.switched_off.empty()) {
        throw yaml_error(document, "there are no services");
    }
    add_default_network(project);
    check_compose(project);
    return project;
}

}  // namespace poststack::config
