// Where container engines are to be found.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/dialect.h"

namespace poststack::engine {

/// One place where an engine may listen.
struct Endpoint {
    std::filesystem::path socket;
    std::string origin;                       ///< "DOCKER_HOST", "rootless podman", "root docker"
    std::optional<EngineKind> expected = {};  ///< of a well-known path
    bool is_explicit = false;                 ///< somebody set it: no other is looked for
    bool is_own_service = false;              ///< where we start podman's service
};

struct EndpointQuery {
    std::optional<EngineKind> wanted = {};                ///< the runtime, when one was chosen
    std::optional<std::string> address = {};              ///< flag or setting
    std::string address_source = {};                      ///< where that was set
    std::map<std::string, std::string> environment = {};  ///< of the process
    uid_t uid = 0;
    std::filesystem::path home = {};
};

/// The places to try, in order: the address that was set; CONTAINER_HOST (podman) and DOCKER_HOST;
/// docker's current context; rootless podman; rootless docker; root's sockets. What was set by
/// somebody is the only one. Reads docker's context files; looks at no socket.
///
/// Errors: config for an address that is no unix socket (tcp, ssh), naming where it was set.
[[nodiscard]] std::vector<Endpoint> find_endpoints(const EndpointQuery& query);

/// The directory in which we start podman's service: $XDG_RUNTIME_DIR/poststack, /run/poststack for
/// root, else a private one in /tmp.
[[nodiscard]] std::filesystem::path service_directory(const EndpointQuery& query);

}  // namespace poststack::engine
