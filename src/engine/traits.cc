#include "engine/traits.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "sys/hash.h"

namespace poststack::engine {
namespace {

constexpr std::size_t short_hash = 12;

/// Enough to see that a value is another one, too little to know it.
std::string hidden(std::string_view value) {
    sys::Sha256 hash;
    hash.update(value);
    return hash.finish().substr(0, short_hash);
}

bool is_hidden(std::string_view name) {
    return name.starts_with("variable ");
}

std::string short_id(std::string_view id) {
    if (id.starts_with("sha256:")) id.remove_prefix(7);
    return std::string(id.substr(0, short_hash));
}

/// A server's "-c name=value" are settings of their own: "setting max_connections".
void add_command(const std::vector<std::string>& command, Traits& traits) {
    std::vector<std::string> words;
    for (std::size_t index = 0; index < command.size(); ++index) {
        const bool is_setting = index > 0 && command.front() == "postgres" &&
                                command[index] == "-c" && index + 1 < command.size();
        if (!is_setting) {
            words.push_back(command[index]);
            continue;
        }
        const std::string& setting = command[++index];
        const auto equals = setting.find('=');
        if (equals == std::string::npos) continue;
        traits["setting " + setting.substr(0, equals)] = setting.substr(equals + 1);
    }
    if (!words.empty()) traits["command"] = join(words, " ");
}

void add_hardening(const Hardening& hardening, Traits& traits) {
    const auto add = [&](const char* name, bool is_on) {
        if (is_on) traits[name] = "yes";
    };
    add("read-only root", hardening.read_only_root);
    add("no capabilities", hardening.drop_capabilities);
    add("no new privileges", hardening.no_new_privileges);
    const auto add_size = [&](const char* name, std::int64_t bytes) {
        if (bytes > 0) traits[name] = human_bytes(static_cast<std::uint64_t>(bytes));
    };
    add_size("memory limit", hardening.memory);
    add_size("shared memory", hardening.shm_size);
    if (hardening.pids_limit > 0) traits["process limit"] = std::to_string(hardening.pids_limit);
    if (hardening.cpus > 0) traits["CPU limit"] = fmt::format("{}", hardening.cpus);
}

void add_places(const ContainerSpec& spec, Traits& traits) {
    for (const Port& port : spec.ports) {
        traits[fmt::format("port {}/{}", port.container_port, port.protocol)] =
            fmt::format("{}:{}", port.host_ip, port.host_port);
    }
    for (const Mount& mount : spec.mounts) {
        traits["mount " + mount.target] =
            fmt::format("{}{}", mount.source, mount.read_only ? " (read-only)" : "");
    }
    for (const auto& [path, options] : spec.tmpfs)
        traits["tmpfs " + path] = options.empty() ? "yes" : options;
    for (const std::string& alias : spec.network_aliases)
        traits["alias " + alias] = "yes";
}

}  // namespace

Traits traits_of(const ContainerSpec& spec, const std::string& image_id) {
    Traits traits;
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) traits[name] = value;
    };
    add("image", fmt::format("{} {}", spec.image, short_id(image_id)));
    add("entrypoint", join(spec.entrypoint, " "));
    add_command(spec.command, traits);
    for (const auto& [name, value] : spec.environment)
        traits["variable " + name] = hidden(value);
    add("user", spec.user);
    add("host name", spec.hostname);
    add("working directory", spec.working_directory);
    add("stop signal", spec.stop_signal);
    if (spec.stop_timeout) add("stop timeout", human_duration(*spec.stop_timeout));
    add("network", spec.network);
    add("user namespace", spec.user_namespace);
    add("restart", spec.restart);
    if (spec.init) add("init", "yes");
    add_places(spec, traits);
    add_hardening(spec.hardening, traits);
    return traits;
}

std::string to_label(const Traits& traits) {
    return Json(traits).dump();
}

std::vector<std::string> differences(std::string_view label, const Traits& wanted) {
    const Json document = Json::parse(label, nullptr, false);
    if (!document.is_object()) return {"what it was made from is not known"};
    Traits had;
    for (const auto& [name, value] : document.items()) {
        if (value.is_string()) had[name] = value.get<std::string>();
    }
    std::vector<std::string> words;
    const auto tell = [&](const std::string& name, const std::string& old, const std::string& now) {
        words.push_back(is_hidden(name) && old != "none" && now != "none"
                            ? name
                            : fmt::format("{} {} -> {}", name, old, now));
    };
    for (const auto& [name, value] : had) {
        const auto now = wanted.find(name);
        if (now == wanted.end()) {
            tell(name, is_hidden(name) ? "set" : value, "none");
        } else if (now->second != value) {
            tell(name, value, now->second);
        }
    }
    for (const auto& [name, value] : wanted) {
        if (!had.contains(name)) tell(name, "none", is_hidden(name) ? "set" : value);
    }
    return words;
}

}  // namespace poststack::engine
