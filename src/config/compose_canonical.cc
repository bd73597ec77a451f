#include "config/compose_canonical.h"

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/text.h"
#include "config/compose_short.h"

namespace poststack::config {

namespace {

using Kind = YamlNode::Kind;

/// "NAME=value" items as a mapping; a bare NAME has no value. `separators`: the first one found.
void make_mapping(YamlNode& node, std::string_view separators = "=") {
    if (!node.is_sequence()) return;
    YamlNode mapping = node.beside(Kind::mapping);
    mapping.tag = node.tag;
    for (const YamlNode& item : node.items) {
        if (!item.is_scalar()) throw yaml_error(item, "a text \"NAME=value\" is expected here");
        const std::size_t at = item.text.find_first_of(separators);
        YamlNode value = item.beside(at == std::string::npos ? Kind::null : Kind::scalar);
        if (at != std::string::npos) value.text = item.text.substr(at + 1);
        value.quoted = true;
        mapping.set(item.text.substr(0, at), std::move(value));
    }
    node = std::move(mapping);
}

/// One text as a list of one.
void make_list(YamlNode& node) {
    if (!node.is_scalar()) return;
    YamlNode list = node.beside(Kind::sequence);
    list.tag = std::move(node.tag);
    node.tag.clear();
    list.items.push_back(std::move(node));
    node = std::move(list);
}

/// A list of names as a mapping of name to `value(item)`.
template <class Value>
void make_named(YamlNode& node, Value value) {
    if (!node.is_sequence()) return;
    YamlNode mapping = node.beside(Kind::mapping);
    mapping.tag = node.tag;
    for (const YamlNode& item : node.items) {
        if (!item.is_scalar()) throw yaml_error(item, "a name is expected here");
        mapping.set(item.text, value(item));
    }
    node = std::move(mapping);
}

/// Replaces each text of a list by what `parse` makes of it (one or several mappings).
void expand_items(YamlNode& node,
                  const std::function<std::vector<YamlNode>(const YamlNode&)>& parse) {
    if (!node.is_sequence()) return;
    std::vector<YamlNode> items;
    for (YamlNode& item : node.items) {
        if (!item.is_scalar()) {
            items.push_back(std::move(item));
            continue;
        }
        for (YamlNode& made : parse(item))
            items.push_back(std::move(made));
    }
    node.items = std::move(items);
}

YamlNode started(const YamlNode& item) {
    YamlNode value = item.beside(Kind::mapping);
    value.set("condition", item.beside(Kind::scalar, "service_started"));
    return value;
}

void canonicalise_build(YamlNode& build) {
    if (build.is_scalar()) {
        YamlNode mapping = build.beside(Kind::mapping);
        mapping.tag = build.tag;
        mapping.set("context", build);
        build = std::move(mapping);
    }
    if (YamlNode* const args = build.find("args")) make_mapping(*args);
    if (YamlNode* const labels = build.find("labels")) make_mapping(*labels);
}

void canonicalise_ulimits(YamlNode& ulimits) {
    for (YamlPair& pair : ulimits.pairs) {
        if (!pair.value.is_scalar()) continue;
        YamlNode both = pair.value.beside(Kind::mapping);
        both.set("soft", pair.value);
        both.set("hard", pair.value);
        pair.value = std::move(both);
    }
}

YamlNode source_only(const YamlNode& item) {
    YamlNode mapping = item.beside(Kind::mapping);
    mapping.set("source", item);
    return mapping;
}

void make_sources(YamlNode& node) {
    expand_items(node, [](const YamlNode& item) { return std::vector{source_only(item)}; });
}

using Step = std::function<void(YamlNode&)>;

const std::map<std::string_view, Step>& service_steps() {
    static const auto* const steps = new std::map<std::string_view, Step>{
        {"environment", [](YamlNode& node) { make_mapping(node); }},
        {"labels", [](YamlNode& node) { make_mapping(node); }},
        {"sysctls", [](YamlNode& node) { make_mapping(node); }},
        {"extra_hosts", [](YamlNode& node) { make_mapping(node, ":="); }},
        {"dns", make_list},
        {"dns_search", make_list},
        {"tmpfs", make_list},
        {"env_file", make_list},
        {"build", canonicalise_build},
        {"ulimits", canonicalise_ulimits},
        {"secrets", make_sources},
        {"configs", make_sources},
        {"ports", [](YamlNode& node) { expand_items(node, parse_short_port); }},
        {"volumes", [](YamlNode& node) { expand_items(node, parse_short_volume); }},
        {"depends_on", [](YamlNode& node) { make_named(node, started); }},
        {"networks",
         [](YamlNode& node) {
             make_named(node, [](const YamlNode& item) { return item.beside(Kind::null); });
         }},
    };
    return *steps;
}

/// What identifies an item of a list, so that an override replaces it instead of doubling it.
using Identity = std::string (*)(const YamlNode&);

std::string field(const YamlNode& node, std::string_view key) {
    const YamlNode* const value = node.find(key);
    return value == nullptr ? std::string() : value->text;
}

std::string port_identity(const YamlNode& node) {
    const std::string protocol = field(node, "protocol");
    return fmt::format("{} {} {} {}",
                       field(node, "host_ip"),
                       field(node, "published"),
                       field(node, "target"),
                       protocol.empty() ? "tcp" : protocol);
}

std::string target_identity(const YamlNode& node) {
    return field(node, "target");
}

std::string use_identity(const YamlNode& node) {
    const std::string target = field(node, "target");
    return target.empty() ? field(node, "source") : target;
}

std::string text_identity(const YamlNode& node) {
    return node.is_scalar() ? node.text : field(node, "path");
}

Identity identity_of(std::string_view key) {
    if (key == "ports") return port_identity;
    if (key == "volumes") return target_identity;
    if (key == "secrets" || key == "configs") return use_identity;
    return text_identity;
}

constexpr std::array<std::string_view, 3> replaced_whole{"command", "entrypoint", "test"};

void merge_sequence(std::string_view key, YamlNode& base, const YamlNode& over) {
    const Identity identity = identity_of(key);
    for (const YamlNode& item : over.items) {
        const std::string name = identity(item);
        YamlNode* same = nullptr;
        for (YamlNode& present : base.items)
            if (!name.empty() && identity(present) == name) same = &present;
        if (same != nullptr) {
            *same = item;
        } else {
            base.items.push_back(item);
        }
    }
}

void merge_value(std::string_view key, YamlNode& base, const YamlNode& over);

void merge_mapping(YamlNode& base, const YamlNode& over) {
    for (const YamlPair& pair : over.pairs) {
        if (pair.value.tag == "!reset") {
            base.erase(pair.key);
        } else if (YamlNode* const present = base.find(pair.key)) {
            merge_value(pair.key, *present, pair.value);
        } else {
            base.pairs.push_back(pair);
        }
    }
}

/// A log driver's options mean nothing to another driver.
bool other_driver(const YamlNode& base, const YamlNode& over) {
    const std::string driver = field(over, "driver");
    return !driver.empty() && driver != field(base, "driver");
}

void merge_value(std::string_view key, YamlNode& base, const YamlNode& over) {
    const bool whole =
        over.tag == "!override" || base.kind != over.kind || over.is_scalar() ||
        std::find(replaced_whole.begin(), replaced_whole.end(), key) != replaced_whole.end() ||
        (key == "logging" && other_driver(base, over));
    if (over.is_null()) return;
    if (whole) {
        base = over;
    } else if (over.is_mapping()) {
        merge_mapping(base, over);
    } else {
        merge_sequence(key, base, over);
    }
}

}  // namespace

void interpolate_tree(YamlNode& node, const Lookup& lookup) {
    if (node.is_scalar() && node.text.find('$') != std::string::npos) {
        node.text = interpolate(node.text, lookup, node.where());
    }
    for (YamlNode& item : node.items)
        interpolate_tree(item, lookup);
    for (YamlPair& pair : node.pairs)
        interpolate_tree(pair.value, lookup);
}

void canonicalise_service(YamlNode& service) {
    for (YamlPair& pair : service.pairs) {
        const auto step = service_steps().find(pair.key);
        if (step != service_steps().end()) step->second(pair.value);
    }
}

void canonicalise_compose(YamlNode& document) {
    if (YamlNode* const services = document.find("services")) {
        for (YamlPair& pair : services->pairs)
            canonicalise_service(pair.value);
    }
    for (const std::string_view section : {"volumes", "networks", "secrets", "configs"}) {
        YamlNode* const entries = document.find(section);
        if (entries == nullptr) continue;
        for (YamlPair& pair : entries->pairs) {
            if (YamlNode* const labels = pair.value.find("labels")) make_mapping(*labels);
        }
    }
}

void merge_compose(YamlNode& base, const YamlNode& over) {
    if (over.is_null()) return;
    if (base.is_null()) {
        base = over;
        return;
    }
    merge_mapping(base, over);
}

}  // namespace poststack::config
