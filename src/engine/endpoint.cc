#include "engine/endpoint.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"
#include "sys/hash.h"

namespace poststack::engine {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> variable(const EndpointQuery& query, const char* name) {
    const auto at = query.environment.find(name);
    if (at == query.environment.end() || at->second.empty()) return std::nullopt;
    return at->second;
}

/// The socket of "unix:///run/x.sock" or of a plain path.
fs::path socket_of(const std::string& address, const std::string& origin) {
    std::string_view rest = address;
    if (rest.starts_with("unix://")) rest.remove_prefix(7);
    if (rest.starts_with('/')) return fs::path(rest);
    throw Error(
        ErrorKind::config,
        fmt::format(
            "the engine's address \"{}\" ({}) is not a unix socket", mask_secrets(address), origin))
        .hint(
            "Give an address such as unix:///run/podman/podman.sock; engines on other machines "
            "are not supported.");
}

Endpoint set_endpoint(const std::string& address, const std::string& origin) {
    return {.socket = socket_of(address, origin),
            .origin = origin,
            .expected = {},
            .is_explicit = true,
            .is_own_service = false};
}

Json read_json(const fs::path& path) {
    const auto text = sys::find_file(path, 1U << 20);
    return text ? Json::parse(*text, nullptr, false) : Json();
}

std::string text_at(const Json& object, const char* key) {
    const auto at = object.is_object() ? object.find(key) : object.end();
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

/// Of docker's current context; nothing for the default one. DOCKER_CONTEXT goes before the file.
std::optional<Endpoint> context_endpoint(const EndpointQuery& query) {
    const auto directory = variable(query, "DOCKER_CONFIG");
    const fs::path config = directory ? fs::path(*directory) : query.home / ".docker";
    const std::string context =
        variable(query, "DOCKER_CONTEXT")
            .value_or(text_at(read_json(config / "config.json"), "currentContext"));
    if (context.empty() || context == "default") return std::nullopt;
    const std::string origin = fmt::format("docker context \"{}\"", context);
    const Json meta = read_json(config / "contexts" / "meta" / sys::sha256(context) / "meta.json");
    if (!meta.is_object()) {
        throw Error(ErrorKind::config, fmt::format("the {} has no description", origin))
            .hint(fmt::format("Choose another: docker context use default, or make it again."));
    }
    const auto at = meta.find("Endpoints");
    const Json docker =
        at != meta.end() && at->is_object() && at->contains("docker") ? at->at("docker") : Json();
    return set_endpoint(text_at(docker, "Host"), origin);
}

void add_known(std::vector<Endpoint>& found,
               fs::path socket,
               const char* origin,
               EngineKind kind,
               bool own_service = false) {
    found.push_back({.socket = std::move(socket),
                     .origin = origin,
                     .expected = kind,
                     .is_explicit = false,
                     .is_own_service = own_service});
}

fs::path podman_runtime_directory(const EndpointQuery& query) {
    // Where podman itself goes without XDG_RUNTIME_DIR.
    if (const auto runtime = variable(query, "XDG_RUNTIME_DIR")) return *runtime;
    return fmt::format("/tmp/podman-run-{}", query.uid);
}

std::vector<Endpoint> known_endpoints(const EndpointQuery& query) {
    using enum EngineKind;
    std::vector<Endpoint> found;
    const fs::path own = service_directory(query) / "podman.sock";
    if (query.uid != 0) {
        add_known(found,
                  podman_runtime_directory(query) / "podman" / "podman.sock",
                  "rootless podman",
                  podman);
        add_known(found, own, "rootless podman", podman, true);
        const fs::path runtime =
            variable(query, "XDG_RUNTIME_DIR").value_or(fmt::format("/run/user/{}", query.uid));
        add_known(found, runtime / "docker.sock", "rootless docker", docker);
        add_known(found, "/run/podman/podman.sock", "root's podman", podman);
    } else {
        add_known(found, "/run/podman/podman.sock", "root's podman", podman);
        add_known(found, own, "root's podman", podman, true);
    }
    add_known(found, "/var/run/docker.sock", "root's docker", docker);
    return found;
}

}  // namespace

fs::path service_directory(const EndpointQuery& query) {
    if (query.uid == 0) return "/run/poststack";
    if (const auto runtime = variable(query, "XDG_RUNTIME_DIR")) {
        return fs::path(*runtime) / "poststack";
    }
    return fmt::format("/tmp/poststack-{}", query.uid);
}

std::vector<Endpoint> find_endpoints(const EndpointQuery& query) {
    if (query.address) return {set_endpoint(*query.address, query.address_source)};
    const bool podman = !query.wanted || *query.wanted == EngineKind::podman;
    const bool docker = !query.wanted || *query.wanted == EngineKind::docker;
    if (podman) {
        if (const auto host = variable(query, "CONTAINER_HOST")) {
            return {set_endpoint(*host, "CONTAINER_HOST")};
        }
    }
    if (docker) {
        if (const auto host = variable(query, "DOCKER_HOST")) {
            return {set_endpoint(*host, "DOCKER_HOST")};
        }
    }
    std::vector<Endpoint> found;
    if (docker) {
        if (auto context = context_endpoint(query)) return {std::move(*context)};
    }
    for (Endpoint& endpoint : known_endpoints(query)) {
        if (!query.wanted || endpoint.expected == query.wanted) {
            found.push_back(std::move(endpoint));
        }
    }
    return found;
}

}  // namespace poststack::engine
