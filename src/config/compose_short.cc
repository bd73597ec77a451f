#include "config/compose_short.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace poststack::config {

namespace {

using Kind = YamlNode::Kind;

constexpr int last_port = 65535;

struct PortRange {
    int first = 0;
    int last = 0;
    [[nodiscard]] int size() const { return last - first + 1; }
};

[[noreturn]] void fail(const YamlNode& item, std::string_view what) {
    throw yaml_error(item, fmt::format("{} in \"{}\"", what, item.text));
}

int parse_port(const YamlNode& item, std::string_view text) {
    const auto number = parse_integer(text);
    if (!number || *number < 0 || *number > last_port) fail(item, "there is no port number");
    return static_cast<int>(*number);
}

PortRange parse_range(const YamlNode& item, std::string_view text) {
    const std::size_t dash = text.find('-');
    const int first = parse_port(item, text.substr(0, dash));
    const int last =
        dash == std::string_view::npos ? first : parse_port(item, text.substr(dash + 1));
    if (last < first) fail(item, "a range ends before it begins");
    return {first, last};
}

struct ShortPort {
    std::string host_ip;
    std::string host;
    std::string container;
    std::string protocol;
};

/// Cuts from the right: an IPv6 address holds colons itself, in brackets or not.
ShortPort cut(const YamlNode& item) {
    ShortPort parts;
    std::string_view rest = item.text;
    if (const std::size_t slash = rest.rfind('/'); slash != std::string_view::npos) {
        parts.protocol = rest.substr(slash + 1);
        rest = rest.substr(0, slash);
    }
    const std::size_t last = rest.rfind(':');
    parts.container = last == std::string_view::npos ? rest : rest.substr(last + 1);
    if (last == std::string_view::npos) return parts;
    rest = rest.substr(0, last);
    const bool only_address = rest.starts_with('[') && rest.ends_with(']');
    const std::size_t before = only_address ? rest.size() : rest.rfind(':');
    if (only_address) {
        parts.host_ip = rest;
    } else if (before == std::string_view::npos) {
        parts.host = rest;
    } else {
        parts.host = rest.substr(before + 1);
        parts.host_ip = rest.substr(0, before);
    }
    if (parts.host_ip.starts_with('[') && parts.host_ip.ends_with(']')) {
        parts.host_ip = parts.host_ip.substr(1, parts.host_ip.size() - 2);
    }
    return parts;
}

YamlNode port_mapping(const YamlNode& item,
                      const ShortPort& parts,
                      int target,
                      const std::string& published) {
    YamlNode mapping = item.beside(Kind::mapping);
    const auto set = [&](std::string_view key, std::string text) {
        if (!text.empty()) mapping.set(key, item.beside(Kind::scalar, std::move(text)));
    };
    set("target", std::to_string(target));
    set("published", published);
    set("host_ip", parts.host_ip);
    set("protocol", parts.protocol);
    return mapping;
}

bool is_path(std::string_view source) {
    return source.starts_with('/') || source.starts_with('.') || source.starts_with('~');
}

void apply_mode(const YamlNode& item, YamlNode& mapping, std::string_view mode) {
    const auto nested = [&](std::string_view part, std::string_view key, std::string text) {
        if (mapping.find(part) == nullptr) mapping.set(part, item.beside(Kind::mapping));
        mapping.find(part)->set(key, item.beside(Kind::scalar, std::move(text)));
    };
    for (const std::string_view word : split(mode, ',')) {
        if (word == "ro") {
            mapping.set("read_only", item.beside(Kind::scalar, "true"));
        } else if (word == "z" || word == "Z") {
            nested("bind", "selinux", std::string(word));
        } else if (word == "nocopy") {
            nested("volume", "nocopy", "true");
        } else if (word == "private" || word == "rprivate" || word == "shared" ||
                   word == "rshared" || word == "slave" || word == "rslave") {
            nested("bind", "propagation", std::string(word));
        } else if (word != "rw" && word != "cached" && word != "delegated" &&
                   word != "consistent") {
            fail(item, fmt::format("unknown mode \"{}\"", word));
        }
    }
}

}  // namespace

std::vector<YamlNode> parse_short_port(const YamlNode& item) {
    const ShortPort parts = cut(item);
    const PortRange targets = parse_range(item, parts.container);
    if (targets.first < 1) fail(item, "port 0 is no port of a container");
    std::optional<PortRange> published;
    if (!parts.host.empty()) published = parse_range(item, parts.host);
    std::vector<YamlNode> made;
    // "8000-8010:80" lets the engine choose one of them.
    if (published && published->size() > 1 && targets.size() == 1) {
        made.push_back(port_mapping(item, parts, targets.first, parts.host));
        return made;
    }
    if (published && published->size() != targets.size()) {
        fail(item, "the two ranges differ in length");
    }
    for (int offset = 0; offset < targets.size(); ++offset) {
        const std::string host = published ? std::to_string(published->first + offset) : "";
        made.push_back(port_mapping(item, parts, targets.first + offset, host));
    }
    return made;
}

std::vector<YamlNode> parse_short_volume(const YamlNode& item) {
    const std::vector<std::string_view> parts = split(item.text, ':');
    if (item.text.empty() || parts.size() > 3) fail(item, "there is no SOURCE:TARGET[:MODE]");
    for (const std::string_view part : parts)
        if (part.empty()) fail(item, "a part is empty");
    YamlNode mapping = item.beside(Kind::mapping);
    const auto set = [&](std::string_view key, std::string_view text) {
        mapping.set(key, item.beside(Kind::scalar, std::string(text)));
    };
    // "/data:ro" has no source: its second part is no path.
    const bool has_source = parts.size() > 1 && parts[1].starts_with('/');
    const std::string_view source = has_source ? parts[0] : std::string_view();
    set("type", has_source && is_path(source) ? "bind" : "volume");
    if (has_source) set("source", source);
    set("target", has_source ? parts[1] : parts[0]);
    const std::size_t mode = has_source ? 2 : 1;
    if (parts.size() > mode + 1) fail(item, "the path inside the container is not absolute");
    if (parts.size() == mode + 1) {
        const bool source_first = !has_source && !parts[0].starts_with('/');
        if (source_first) fail(item, "the path inside the container is not absolute");
        apply_mode(item, mapping, parts[mode]);
    }
    return {std::move(mapping)};
}

}  // namespace poststack::config
