// A container engine that answers: podman or docker, told apart by what it says of itself.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "engine/dialect.h"
#include "engine/endpoint.h"
#include "http/client.h"

namespace poststack::engine {

using Query = std::vector<std::pair<std::string, std::string>>;  ///< encoded when it is sent

/// One request to the API. The version is put before `path` unless that names one itself.
struct Call {
    std::string method = "GET";
    std::string path;
    Query query = {};
    std::string body = {};  ///< JSON
    http::BodySource source = {};
    std::string content_type = "application/json";
    bool upgrade = false;
    std::chrono::milliseconds silence_limit{120'000};
};

/// A complete answer.
struct Reply {
    int status = 0;
    std::string body;
    Refusal refusal = Refusal::other;  ///< of a status of 400 and above
    std::string text;                  ///< why it was refused

    [[nodiscard]] bool ok() const noexcept { return status < 400; }

    /// The body as a document. Errors: tool when it is none.
    [[nodiscard]] Json json() const;
};

/// An engine. Every call is a connection of its own; copies are cheap.
class Client {
  public:
    Client(Endpoint endpoint, Greeting greeting, std::string api_version)
        : endpoint_(std::move(endpoint)),
          greeting_(std::move(greeting)),
          api_version_(std::move(api_version)) {}

    [[nodiscard]] EngineKind kind() const noexcept { return greeting_.kind; }

    [[nodiscard]] const std::string& version() const noexcept { return greeting_.version; }

    /// The version of the API that is spoken: "1.41".
    [[nodiscard]] const std::string& api_version() const noexcept { return api_version_; }

    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }

    /// Asks and reads the whole answer, also that of a refusal.
    [[nodiscard]] Reply ask(const Call& call) const;

    /// As ask(), but a refusal is an Error: "cannot <what>: <why>" with a hint where there is one.
    Reply require(const Call& call, std::string_view what) const;

    /// Asks for an answer that comes piece by piece; a refusal is an Error.
    [[nodiscard]] http::Answer open(const Call& call, std::string_view what) const;

    /// True when the engine runs without root.
    [[nodiscard]] bool is_rootless() const;

    /// What `image`, made here, is called at this engine.
    [[nodiscard]] std::string local_image(std::string_view image) const {
        return engine::local_image(kind(), image);
    }

  private:
    [[nodiscard]] http::Request request(const Call& call) const;

    Endpoint endpoint_;
    Greeting greeting_;
    std::string api_version_;
};

/// The Error for a refusal: exists, port_taken and in_use are conflicts, no_space is io.
[[nodiscard]] Error refused(std::string_view what, Refusal refusal, std::string_view text);

/// Why no engine answered, for one place that was tried.
struct Attempt {
    Endpoint endpoint;
    Error error;
};

/// The first engine that answers. podman's service is started where podman is installed and none of
/// its sockets answers.
///
/// Errors: not_found (no engine), denied (a socket without permission), timeout (the daemon does
/// not answer), config (another engine than the wanted one, or an API too old).
[[nodiscard]] Client connect(const EndpointQuery& query);

/// As connect(), but nothing when there is no engine at all that could be used; `attempts` gets
/// what was tried. Errors: what was set explicitly must answer.
[[nodiscard]] std::optional<Client> find_engine(const EndpointQuery& query,
                                                std::vector<Attempt>& attempts);

}  // namespace poststack::engine
