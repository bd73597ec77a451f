// The parts of a service that are mappings themselves.
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "config/compose_service.h"

namespace poststack::config {

namespace {

/// Items of a list that must be mappings (short forms were made long before).
template <class Use>
void for_each_item(ComposeFields& fields, std::string_view key, Use use) {
    const YamlNode* const list = fields.find(key);
    if (list == nullptr) return;
    if (!list->is_sequence()) {
        throw yaml_error(*list, fmt::format("\"{}\" of {} must be a list", key, fields.subject()));
    }
    for (const YamlNode& item : list->items) {
        ComposeFields parts(item, fmt::format("{} of {}", key, fields.subject()));
        use(item, parts);
    }
}

template <class Use>
void for_each_pair(ComposeFields& fields, std::string_view key, Use use) {
    const YamlNode* const mapping = fields.find(key);
    if (mapping == nullptr) return;
    if (!mapping->is_mapping()) {
        throw yaml_error(
            *mapping,
            fmt::format(
                "\"{}\" of {} must be a mapping or a list of names", key, fields.subject()));
    }
    for (const YamlPair& pair : mapping->pairs) {
        ComposeFields parts(pair.value,
                            fmt::format("{} \"{}\" of {}", key, pair.key, fields.subject()));
        use(pair, parts);
    }
}

void read_bind(ComposeFields& parts, ComposeMount& mount, std::vector<std::string>& ignored) {
    const YamlNode* const node = parts.find("bind");
    if (node == nullptr) return;
    ComposeFields bind(*node, fmt::format("bind of {}", parts.subject()));
    mount.create_host_path = bind.boolean("create_host_path", true);
    mount.propagation = bind.text_or("propagation");
    mount.selinux = bind.text_or("selinux");
    bind.finish({}, ignored);
}

void read_mount_options(ComposeFields& parts,
                        ComposeMount& mount,
                        std::vector<std::string>& ignored) {
    read_bind(parts, mount, ignored);
    if (const YamlNode* const node = parts.find("volume")) {
        ComposeFields volume(*node, fmt::format("volume of {}", parts.subject()));
        mount.no_copy = volume.boolean("nocopy");
        volume.finish({}, ignored);
    }
    if (const YamlNode* const node = parts.find("tmpfs")) {
        ComposeFields tmpfs(*node, fmt::format("tmpfs of {}", parts.subject()));
        mount.tmpfs_size = tmpfs.size("size");
        mount.tmpfs_mode = tmpfs.octal("mode");
        tmpfs.finish({}, ignored);
    }
}

}  // namespace

std::vector<ComposePort> read_ports(ComposeFields& fields) {
    std::vector<ComposePort> ports;
    std::vector<std::string> ignored;
    constexpr std::array<std::string_view, 2> protocols{"tcp", "udp"};
    constexpr std::array<IgnoredKey, 3> harmless{
        {{"mode", ""}, {"name", ""}, {"app_protocol", ""}}};
    for_each_item(fields, "ports", [&](const YamlNode& item, ComposeFields& parts) {
        ComposePort port;
        port.place = item.where();
        const auto target = parts.integer("target");
        if (!target || *target < 1 || *target > 65535) {
            throw yaml_error(item,
                             fmt::format("{} has no target from 1 to 65535", parts.subject()));
        }
        port.target = static_cast<int>(*target);
        port.published = parts.text_or("published");
        port.host_ip = parts.text_or("host_ip");
        port.protocol = parts.choice("protocol", protocols).value_or("tcp");
        parts.finish(harmless, ignored);
        ports.push_back(std::move(port));
    });
    return ports;
}

std::vector<ComposeMount> read_mounts(ComposeFields& fields,
                                      const ComposeSurroundings& surroundings,
                                      std::vector<std::string>& ignored) {
    using Type = ComposeMount::Type;
    constexpr std::array<std::string_view, 3> types{"volume", "bind", "tmpfs"};
    constexpr std::array<IgnoredKey, 1> harmless{{{"consistency", "a word for macOS"}}};
    std::vector<ComposeMount> mounts;
    for_each_item(fields, "volumes", [&](const YamlNode& item, ComposeFields& parts) {
        ComposeMount mount;
        mount.place = item.where();
        const std::string type = parts.choice("type", types).value_or("volume");
        mount.type = type == "bind" ? Type::bind : type == "tmpfs" ? Type::tmpfs : Type::volume;
        mount.source = parts.text_or("source");
        mount.target = parts.text_or("target");
        if (!mount.target.starts_with('/')) {
            throw yaml_error(
                item,
                fmt::format(
                    "target \"{}\" of {} is not an absolute path", mount.target, parts.subject()));
        }
        if (mount.type == Type::bind) {
            if (mount.source.empty()) throw yaml_error(item, "a bind mount without a source");
            mount.source = compose_path(mount.source, surroundings).native();
        }
        mount.read_only = parts.boolean("read_only");
        read_mount_options(parts, mount, ignored);
        parts.finish(harmless, ignored);
        mounts.push_back(std::move(mount));
    });
    return mounts;
}

std::optional<ComposeHealthcheck> read_healthcheck(ComposeFields& fields,
                                                   std::vector<std::string>& ignored) {
    const YamlNode* const node = fields.find("healthcheck");
    if (node == nullptr) return std::nullopt;
    ComposeFields parts(*node, fmt::format("healthcheck of {}", fields.subject()));
    ComposeHealthcheck check;
    check.disabled = parts.boolean("disable");
    if (const YamlNode* const test = parts.find("test")) {
        if (test->is_scalar()) {
            check.test = {"CMD-SHELL", test->text};
        } else {
            check.test = parts.list("test");
            const std::string kind = check.test.empty() ? "" : check.test.front();
            if (kind != "CMD" && kind != "CMD-SHELL" && kind != "NONE") {
                throw yaml_error(*test,
                                 fmt::format("a health test begins with CMD, CMD-SHELL or NONE, "
                                             "not with \"{}\"",
                                             kind));
            }
        }
        if (check.test.front() == "NONE") check.disabled = true;
    }
    check.interval = parts.duration("interval");
    check.timeout = parts.duration("timeout");
    check.start_period = parts.duration("start_period");
    check.start_interval = parts.duration("start_interval");
    if (const auto retries = parts.integer("retries")) check.retries = static_cast<int>(*retries);
    parts.finish({}, ignored);
    return check;
}

std::optional<ComposeBuild> read_build(ComposeFields& fields,
                                       const ComposeSurroundings& surroundings,
                                       std::vector<std::string>& ignored) {
    const YamlNode* const node = fields.find("build");
    if (node == nullptr) return std::nullopt;
    constexpr std::array<IgnoredKey, 4> harmless{{
        {"cache_from", "the engine's own cache is used"},
        {"cache_to", "the engine's own cache is used"},
        {"labels", "images carry poststack's labels"},
        {"pull", "pull_policy decides"},
    }};
    ComposeFields parts(*node, fmt::format("build of {}", fields.subject()));
    ComposeBuild build;
    build.place = node->where();
    build.context = compose_path(parts.text_or("context", "."), surroundings);
    build.dockerfile = parts.text_or("dockerfile", "Dockerfile");
    build.target = parts.text_or("target");
    for (auto& [name, value] : parts.variables("args")) {
        const auto found = surroundings.environment.find(name);
        if (!value && found != surroundings.environment.end()) value = found->second;
        build.args.emplace_back(name, std::move(value));
    }
    parts.finish(harmless, ignored);
    return build;
}

std::vector<ComposeDependency> read_dependencies(ComposeFields& fields,
                                                 std::vector<std::string>& ignored) {
    using Condition = ComposeDependency::Condition;
    constexpr std::array<std::string_view, 3> conditions{
        "service_started", "service_healthy", "service_completed_successfully"};
    std::vector<ComposeDependency> found;
    for_each_pair(fields, "depends_on", [&](const YamlPair& pair, ComposeFields& parts) {
        ComposeDependency dependency{.service = pair.key, .place = pair.value.where()};
        const auto condition = parts.choice("condition", conditions);
        if (condition == "service_healthy") dependency.condition = Condition::healthy;
        if (condition == "service_completed_successfully") {
            dependency.condition = Condition::completed;
        }
        dependency.restart = parts.boolean("restart");
        dependency.required = parts.boolean("required", true);
        parts.finish({}, ignored);
        found.push_back(std::move(dependency));
    });
    return found;
}

std::vector<ComposeNetworkUse> read_network_uses(ComposeFields& fields,
                                                 std::vector<std::string>& ignored) {
    constexpr std::array<IgnoredKey, 2> harmless{
        {{"priority", "the order of the file is used"}, {"gw_priority", "as above"}}};
    std::vector<ComposeNetworkUse> uses;
    for_each_pair(fields, "networks", [&](const YamlPair& pair, ComposeFields& parts) {
        ComposeNetworkUse use{.network = pair.key, .place = pair.value.where()};
        use.aliases = parts.list("aliases");
        use.ipv4_address = parts.text_or("ipv4_address");
        use.ipv6_address = parts.text_or("ipv6_address");
        parts.finish(harmless, ignored);
        uses.push_back(std::move(use));
    });
    return uses;
}

std::vector<ComposeFileUse> read_file_uses(ComposeFields& fields,
                                           std::string_view key,
                                           std::vector<std::string>& ignored) {
    std::vector<ComposeFileUse> uses;
    for_each_item(fields, key, [&](const YamlNode& item, ComposeFields& parts) {
        ComposeFileUse use{.source = parts.text_or("source"), .place = item.where()};
        use.target = parts.text_or("target");
        use.uid = parts.text_or("uid");
        use.gid = parts.text_or("gid");
        use.mode = parts.octal("mode");
        parts.finish({}, ignored);
        uses.push_back(std::move(use));
    });
    return uses;
}

std::map<std::string, ComposeUlimit> read_ulimits(ComposeFields& fields,
                                                  std::vector<std::string>& ignored) {
    std::map<std::string, ComposeUlimit> limits;
    for_each_pair(fields, "ulimits", [&](const YamlPair& pair, ComposeFields& parts) {
        const auto soft = parts.integer("soft");
        const auto hard = parts.integer("hard");
        if (!soft || !hard) {
            throw yaml_error(pair.value, fmt::format("{} needs soft and hard", parts.subject()));
        }
        parts.finish({}, ignored);
        limits.emplace(pair.key, ComposeUlimit{*soft, *hard});
    });
    return limits;
}

}  // namespace poststack::config
