#include "config/compose_sections.h"

#include <array>

#include <fmt/format.h>

namespace poststack::config {

namespace {

template <class Use>
void for_each_entry(ComposeFields& top, std::string_view section, std::string_view word, Use use) {
    const YamlNode* const entries = top.find(section);
    if (entries == nullptr) return;
    for (const YamlPair& pair : entries->pairs) {
        ComposeFields fields(pair.value, fmt::format("{} \"{}\"", word, pair.key));
        use(pair, fields);
    }
}

struct External {
    bool is_external = false;
    std::string name;  ///< of the old form {external: {name: ...}}
};

External read_external(ComposeFields& fields, std::vector<std::string>& ignored) {
    const YamlNode* const node = fields.find("external");
    if (node == nullptr) return {};
    if (!node->is_mapping()) return {fields.boolean("external"), ""};
    ComposeFields parts(*node, fmt::format("external of {}", fields.subject()));
    External external{true, parts.text_or("name")};
    parts.finish({}, ignored);
    return external;
}

/// The engine's name: what the file says, an external one's key, else "<project>_<key>".
std::string engine_name(ComposeFields& fields,
                        const External& external,
                        const std::string& key,
                        const ComposeProject& project) {
    const std::string fallback = !external.is_external   ? project.name + "_" + key
                                 : external.name.empty() ? key
                                                         : external.name;
    return fields.text_or("name", fallback);
}

/// What volumes and networks have in common. `fields` is to be finished by the caller.
template <class Entry>
Entry read_engine_object(const YamlPair& pair, ComposeFields& fields, ComposeProject& project) {
    Entry entry{.key = pair.key, .name = {}, .place = pair.value.where()};
    const External external = read_external(fields, project.ignored);
    entry.external = external.is_external;
    entry.name = engine_name(fields, external, pair.key, project);
    entry.driver = fields.text_or("driver");
    entry.driver_opts = fields.map("driver_opts");
    entry.labels = fields.map("labels");
    return entry;
}

void read_volumes(ComposeFields& top, ComposeProject& project) {
    for_each_entry(top, "volumes", "volume", [&](const YamlPair& pair, ComposeFields& fields) {
        project.volumes.push_back(read_engine_object<ComposeVolume>(pair, fields, project));
        fields.finish({}, project.ignored);
    });
}

std::vector<ComposeMap> read_ipam(ComposeFields& fields, std::vector<std::string>& ignored) {
    std::vector<ComposeMap> pools;
    const YamlNode* const node = fields.find("ipam");
    if (node == nullptr) return pools;
    constexpr std::array<IgnoredKey, 2> harmless{
        {{"driver", "the engine's own is used"}, {"options", "the engine's own are used"}}};
    ComposeFields ipam(*node, fmt::format("ipam of {}", fields.subject()));
    if (const YamlNode* const list = ipam.find("config")) {
        for (const YamlNode& item : list->items) {
            ComposeFields parts(item, fmt::format("ipam of {}", fields.subject()));
            ComposeMap pool;
            for (const char* key : {"subnet", "gateway", "ip_range"})
                if (auto text = parts.text(key)) pool.emplace(key, std::move(*text));
            parts.finish({}, ignored);
            pools.push_back(std::move(pool));
        }
    }
    ipam.finish(harmless, ignored);
    return pools;
}

void read_networks(ComposeFields& top, ComposeProject& project) {
    constexpr std::array<IgnoredKey, 1> harmless{
        {{"attachable", "every network of one machine is"}}};
    for_each_entry(top, "networks", "network", [&](const YamlPair& pair, ComposeFields& fields) {
        auto network = read_engine_object<ComposeNetwork>(pair, fields, project);
        network.internal = fields.boolean("internal");
        network.enable_ipv6 = fields.boolean("enable_ipv6");
        network.ipam = read_ipam(fields, project.ignored);
        fields.finish(harmless, project.ignored);
        project.networks.push_back(std::move(network));
    });
}

std::vector<ComposeFileSource> read_sources(ComposeFields& top,
                                            std::string_view section,
                                            const ComposeSurroundings& surroundings,
                                            ComposeProject& project) {
    const bool configs = section == "configs";
    constexpr std::array<IgnoredKey, 2> harmless{
        {{"name", "the engine never sees it"}, {"labels", "the engine never sees it"}}};
    std::vector<ComposeFileSource> sources;
    const std::string word = configs ? "config" : "secret";
    for_each_entry(top, section, word, [&](const YamlPair& pair, ComposeFields& fields) {
        ComposeFileSource source{.key = pair.key, .place = pair.value.where()};
        if (const auto file = fields.text("file")) source.file = compose_path(*file, surroundings);
        source.environment = fields.text_or("environment");
        if (configs) source.content = fields.text("content");
        if (read_external(fields, project.ignored).is_external) {
            throw yaml_error(
                pair.value,
                fmt::format("{} \"{}\" is external, and there is no swarm to ask", word, pair.key));
        }
        fields.finish(harmless, project.ignored);
        if (source.file.empty() && source.environment.empty() && !source.content) {
            throw yaml_error(pair.value, fmt::format("{} \"{}\" names no file", word, pair.key));
        }
        sources.push_back(std::move(source));
    });
    return sources;
}

}  // namespace

void read_compose_sections(ComposeFields& top,
                           const ComposeSurroundings& surroundings,
                           ComposeProject& project) {
    read_volumes(top, project);
    read_networks(top, project);
    project.secrets = read_sources(top, "secrets", surroundings, project);
    project.configs = read_sources(top, "configs", surroundings, project);
    if (const YamlNode* const node = top.find("x-poststack")) {
        constexpr std::array<std::string_view, 2> layouts{"separate", "unified"};
        ComposeFields fields(*node, "x-poststack");
        project.layout = fields.choice("layout", layouts).value_or("");
        fields.finish({}, project.ignored);
    }
}

}  // namespace poststack::config
