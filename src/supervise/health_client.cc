#include "supervise/health_client.h"

#include <fmt/format.h>

#include "base/error.h"
#include "supervise/local_http.h"

namespace poststack::supervise {
namespace {

/// Where to ask; nullptr when the file opens nothing.
const ServerConfig* find_server(const Config& config) noexcept {
    if (config.health_socket) return &*config.health_socket;
    if (config.health_port) return &*config.health_port;
    for (const ServerConfig& server : config.servers) {
        if (!server.path.empty()) return &server;
    }
    return nullptr;
}

}  // namespace

HealthReport ask_health(const Config& config,
                        const std::string& target,
                        std::chrono::milliseconds limit) {
    const ServerConfig* server = find_server(config);
    if (server == nullptr) {
        throw Error(ErrorKind::config, fmt::format("\"{}\" opens no socket to ask on", config.file))
            .hint("Add a section [health] with \"socket = PATH\".");
    }
    const LocalAnswer answer = ask_local(*server, {.target = target, .limit = limit});
    return {.ready = answer.status == 200, .body = answer.body};
}

}  // namespace poststack::supervise
