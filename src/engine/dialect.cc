#include "engine/dialect.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/json_fields.h"

namespace poststack::engine {
namespace {

/// What every container has unless it is dropped, whatever the engine's version and settings:
/// podman lists these one by one where docker says ALL.
constexpr std::array<std::string_view, 11> least_capabilities = {"CHOWN",
                                                                 "DAC_OVERRIDE",
                                                                 "FOWNER",
                                                                 "FSETID",
                                                                 "KILL",
                                                                 "NET_BIND_SERVICE",
                                                                 "SETFCAP",
                                                                 "SETGID",
                                                                 "SETPCAP",
                                                                 "SETUID",
                                                                 "SYS_CHROOT"};

std::string_view field(const http::Head& head, std::string_view name) {
    return head.find(name).value_or("");
}

/// "20.10.24+dfsg1" of "Docker/20.10.24+dfsg1 (linux)".
std::string product_version(std::string_view server) {
    const auto slash = server.find('/');
    if (slash == std::string_view::npos) return {};
    return std::string(server.substr(slash + 1, server.find(' ') - slash - 1));
}

bool holds(const std::string& text, std::initializer_list<std::string_view> parts) {
    return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
        return text.find(part) != std::string::npos;
    });
}

/// Upper case, without "CAP_".
std::string capability_name(std::string_view text) {
    std::string name = to_upper(text);
    return name.starts_with("CAP_") ? name.substr(4) : name;
}

}  // namespace

std::string_view name(EngineKind kind) noexcept {
    return kind == EngineKind::podman ? "podman" : "docker";
}

std::optional<Greeting> recognise(const http::Head& head) {
    Greeting greeting;
    greeting.api_version = field(head, "Api-Version");
    if (greeting.api_version.empty()) return std::nullopt;
    const std::string_view podman = field(head, "Libpod-Api-Version");
    if (!podman.empty()) {
        greeting.kind = EngineKind::podman;
        greeting.version = podman;
    } else {
        greeting.version = product_version(field(head, "Server"));
    }
    return greeting;
}

std::string refusal_text(std::string_view body) {
    const Json document = Json::parse(body, nullptr, false);
    if (document.is_object()) {
        for (const char* key : {"message", "cause", "error"}) {
            const auto at = document.find(key);
            if (at != document.end() && at->is_string() && !at->get<std::string>().empty())
                return at->get<std::string>();
        }
    }
    return std::string(trim(body));
}

Refusal classify(int status, std::string_view text) {
    const std::string lower = to_lower(text);
    if (holds(lower, {"no space left on device", "disk quota exceeded"})) return Refusal::no_space;
    if (holds(lower,
              {"port is already allocated", "address already in use", "bind: address already"})) {
        return Refusal::port_taken;
    }
    if (holds(lower, {"client version", "is too old", "maximum supported api version"}) &&
        holds(lower, {"api version", "is too old", "is too new"})) {
        return Refusal::api_too_old;
    }
    if (holds(lower, {"catatonit", "docker-init"}) &&
        holds(lower, {"not found", "no such file", "could not find", "lookup"})) {
        return Refusal::no_init;
    }
    if (holds(lower, {"is being used", "in use by", "has active endpoints", "volume is in use"}) &&
        !holds(lower, {"name"})) {
        return Refusal::in_use;
    }
    if (holds(lower,
              {"is already in use", "already exists", "already used", "name is already in use"})) {
        return Refusal::exists;
    }
    if (holds(lower, {"is not running", "can only kill running", "container state improper"})) {
        return Refusal::not_running;
    }
    if (status == 404) return Refusal::not_found;
    if (holds(lower, {"operation not permitted", "permission denied"})) {
        return Refusal::no_permission;
    }
    if (status == 409 && holds(lower, {"conflict"}) && holds(lower, {"using", "used"})) {
        return Refusal::in_use;
    }
    return Refusal::other;
}

std::string info_path(EngineKind kind) {
    return kind == EngineKind::podman ? "/v4.0.0/libpod/info" : "/info";
}

bool is_rootless(EngineKind kind, const Json& info) {
    if (kind == EngineKind::podman) {
        return flag(object(object(info, "host"), "security"), "rootless");
    }
    const auto options = strings(info, "SecurityOptions");
    return std::any_of(options.begin(), options.end(), [](const std::string& option) {
        return option == "name=rootless" || option == "rootless";
    });
}

std::string local_image(EngineKind kind, std::string_view image) {
    const auto slash = image.find('/');
    const std::string_view first = image.substr(0, slash);
    const bool has_registry = slash != std::string_view::npos &&
                              (first == "localhost" || first.find('.') != std::string_view::npos ||
                               first.find(':') != std::string_view::npos);
    if (has_registry || kind == EngineKind::docker) return std::string(image);
    return fmt::format("localhost/{}", image);
}

std::string display_image(std::string_view image) {
    for (const std::string_view prefix : {"localhost/", "docker.io/library/", "docker.io/"}) {
        if (image.starts_with(prefix)) return std::string(image.substr(prefix.size()));
    }
    return std::string(image);
}

std::vector<std::string> dropped_capabilities(const Json& host_config) {
    std::vector<std::string> dropped = strings(host_config, "CapDrop");
    for (std::string& capability : dropped)
        capability = capability_name(capability);
    std::sort(dropped.begin(), dropped.end());
    const bool all =
        std::includes(
            dropped.begin(), dropped.end(), least_capabilities.begin(), least_capabilities.end()) ||
        std::binary_search(dropped.begin(), dropped.end(), "ALL");
    if (all) return {"ALL"};
    return dropped;
}

bool has_no_new_privileges(const Json& host_config) {
    const auto options = strings(host_config, "SecurityOpt");
    return std::any_of(options.begin(), options.end(), [](const std::string& option) {
        return option == "no-new-privileges" || option == "no-new-privileges:true" ||
               option == "no-new-privileges=true";
    });
}

std::string signal_name(std::string_view signal) {
    if (const auto number = parse_integer(signal)) {
        const char* abbreviation = ::sigabbrev_np(static_cast<int>(*number));
        return abbreviation == nullptr ? std::string(signal) : fmt::format("SIG{}", abbreviation);
    }
    std::string upper = to_upper(signal);
    if (!upper.empty() && !upper.starts_with("SIG")) upper.insert(0, "SIG");
    return upper;
}

double cpus(const Json& host_config) {
    if (const auto nano = number(host_config, "NanoCpus"); nano > 0) {
        return static_cast<double>(nano) / 1e9;
    }
    const auto quota = number(host_config, "CpuQuota");
    const auto period = number(host_config, "CpuPeriod");
    if (quota <= 0) return 0;
    return static_cast<double>(quota) / static_cast<double>(period > 0 ? period : 100'000);
}

std::vector<std::string> tmpfs_paths(const Json& host_config) {
    std::vector<std::string> paths;
    for (const auto& [path, options] : object(host_config, "Tmpfs").items())
        paths.push_back(path);
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::optional<std::string> find_time(const Json& state, const char* key) {
    std::string time = text(state, key);
    if (time.empty() || time.starts_with("0001-")) return std::nullopt;
    return time;
}

}  // namespace poststack::engine
