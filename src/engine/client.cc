#include "engine/client.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/service.h"
#include "sys/process.h"

namespace poststack::engine {
namespace {

using namespace std::chrono_literals;

/// What we were written for, newest and oldest (docker 19.03). Between them the older of ours and
/// the engine's is spoken.
constexpr std::pair<int, int> newest_api{1, 47};
constexpr std::pair<int, int> oldest_api{1, 40};

std::optional<std::pair<int, int>> parse_api(std::string_view text) {
    const auto parts = split(text, '.');
    if (parts.size() < 2) return std::nullopt;
    const auto major = parse_integer(parts[0]);
    const auto minor = parse_integer(parts[1]);
    if (!major || !minor) return std::nullopt;
    return std::pair(static_cast<int>(*major), static_cast<int>(*minor));
}

std::string negotiate(const Greeting& greeting, const Endpoint& endpoint) {
    const auto theirs = parse_api(greeting.api_version);
    if (!theirs || *theirs < oldest_api) {
        throw Error(ErrorKind::config,
                    fmt::format("{} at {} is too old: it speaks version {} of the API, {}.{} is "
                                "needed",
                                name(greeting.kind),
                                endpoint.socket.native(),
                                greeting.api_version,
                                oldest_api.first,
                                oldest_api.second))
            .hint(
                "Use docker 19.03, podman 4.0 or newer, or the native runtime: --runtime "
                "native.");
    }
    const auto spoken = std::min(*theirs, newest_api);
    return fmt::format("{}.{}", spoken.first, spoken.second);
}

std::string target_of(const Call& call, const std::string& api_version) {
    const bool has_version = call.path.starts_with("/v") && call.path.size() > 2 &&
                             call.path[2] >= '0' && call.path[2] <= '9';
    std::string target = has_version ? call.path : fmt::format("/v{}{}", api_version, call.path);
    char separator = '?';
    for (const auto& [key, value] : call.query) {
        target += fmt::format("{}{}={}", separator, key, percent_encode(value));
        separator = '&';
    }
    return target;
}

/// What failed to connect, in the words of somebody who wants a container.
Error describe(const Endpoint& endpoint, const Error& error) {
    const std::string where = fmt::format("{} ({})", endpoint.socket.native(), endpoint.origin);
    switch (error.kind()) {
        case ErrorKind::not_found:
            return Error(ErrorKind::not_found, fmt::format("no engine listens at {}", where))
                .hint("Start it, or name its socket: POSTSTACK_ENGINE_HOST=unix:///path.");
        case ErrorKind::denied:
            return Error(ErrorKind::denied, fmt::format("no permission for the socket {}", where))
                .hint(
                    "Use rootless podman, or become a member of the socket's group and log in "
                    "again.");
        case ErrorKind::timeout:
            return Error(ErrorKind::timeout, fmt::format("the engine at {} does not answer", where))
                .hint("Start it, then run this again.")
                .retryable();
        default: return error;
    }
}

Greeting greet(const Endpoint& endpoint) {
    const http::Answer answer =
        http::send(endpoint.socket, {.target = "/_ping", .silence_limit = 20s});
    const auto greeting = recognise(answer.head());
    if (!greeting) {
        throw Error(ErrorKind::config,
                    fmt::format("what listens at {} ({}) is no container engine",
                                endpoint.socket.native(),
                                endpoint.origin))
            .hint("Name the engine's socket: POSTSTACK_ENGINE_HOST=unix:///path.");
    }
    return *greeting;
}

Client greet_client(const Endpoint& endpoint, const EndpointQuery& query) {
    const Greeting greeting = greet(endpoint);
    if (query.wanted && greeting.kind != *query.wanted) {
        throw Error(ErrorKind::config,
                    fmt::format("the engine at {} ({}) is {}, not {}",
                                endpoint.socket.native(),
                                endpoint.origin,
                                name(greeting.kind),
                                name(*query.wanted)))
            .hint(fmt::format("Choose it: --runtime {}.", name(greeting.kind)));
    }
    return {endpoint, greeting, negotiate(greeting, endpoint)};
}

Client open_endpoint(const Endpoint& endpoint, const EndpointQuery& query) {
    try {
        return greet_client(endpoint, query);
    } catch (const Error& error) {
        const bool can_start =
            endpoint.is_own_service &&
            (error.kind() == ErrorKind::not_found || error.kind() == ErrorKind::timeout) &&
            sys::find_program("podman");
        if (!can_start) throw describe(endpoint, error);
    }
    start_podman_service(endpoint.socket);
    return greet_client(endpoint, query);
}

/// How much a failed attempt tells: a socket that is there says more than one that is not.
int weight(const Error& error) {
    switch (error.kind()) {
        case ErrorKind::not_found: return 0;
        case ErrorKind::timeout: return 1;
        case ErrorKind::denied: return 2;
        default: return 3;
    }
}

std::string engine_word(const EndpointQuery& query) {
    return query.wanted ? std::string(name(*query.wanted)) : "podman or docker";
}

}  // namespace

Json Reply::json() const {
    Json document = Json::parse(body, nullptr, false);
    if (document.is_discarded()) {
        throw Error(ErrorKind::tool, "the engine's answer is no JSON document");
    }
    return document;
}

http::Request Client::request(const Call& call) const {
    http::Request request;
    request.method = call.method;
    request.target = target_of(call, api_version_);
    request.body = call.body;
    request.source = call.source;
    request.upgrade = call.upgrade;
    request.silence_limit = call.silence_limit;
    if (!call.body.empty() || call.source) {
        request.headers.push_back({"Content-Type", call.content_type});
    }
    return request;
}

Reply Client::ask(const Call& call) const {
    try {
        http::Answer answer = http::send(endpoint_.socket, request(call));
        Reply reply;
        reply.status = answer.status();
        reply.body = answer.read_all();
        if (!reply.ok()) {
            reply.text = refusal_text(reply.body);
            reply.refusal = classify(reply.status, reply.text);
        }
        return reply;
    } catch (const Error& error) {
        throw describe(endpoint_, error);
    }
}

Reply Client::require(const Call& call, std::string_view what) const {
    Reply reply = ask(call);
    if (!reply.ok()) throw refused(what, reply.refusal, reply.text);
    return reply;
}

http::Answer Client::open(const Call& call, std::string_view what) const {
    auto answer = [&] {
        try {
            return http::send(endpoint_.socket, request(call));
        } catch (const Error& error) {
            throw describe(endpoint_, error);
        }
    }();
    if (answer.status() >= 400) {
        const std::string text = refusal_text(answer.read_all());
        throw refused(what, classify(answer.status(), text), text);
    }
    return answer;
}

bool Client::is_rootless() const {
    const Reply reply = require({.path = info_path(kind())}, "ask the engine about itself");
    return engine::is_rootless(kind(), reply.json());
}

Error refused(std::string_view what, Refusal refusal, std::string_view text) {
    const auto error = [&](ErrorKind kind) {
        return Error(kind, fmt::format("cannot {}: {}", what, mask_secrets(text)));
    };
    switch (refusal) {
        case Refusal::not_found: return error(ErrorKind::not_found);
        case Refusal::exists:
        case Refusal::not_running:
        case Refusal::in_use: return error(ErrorKind::conflict);
        case Refusal::port_taken:
            return error(ErrorKind::conflict)
                .hint("Set another port: POSTSTACK_POSTGRES_HOST_PORT in .env.");
        case Refusal::no_space:
            return error(ErrorKind::io)
                .hint(
                    "Make room on the disk of the engine, for instance by removing unused "
                    "images.");
        case Refusal::api_too_old:
            return error(ErrorKind::config).hint("Use another version of the engine or poststack.");
        case Refusal::no_permission: return error(ErrorKind::denied);
        case Refusal::no_init:
            return error(ErrorKind::not_found)
                .hint("Install the package catatonit, or docker's tini.");
        case Refusal::other: break;
    }
    return error(ErrorKind::tool);
}

std::optional<Client> find_engine(const EndpointQuery& query, std::vector<Attempt>& attempts) {
    for (const Endpoint& endpoint : find_endpoints(query)) {
        try {
            return open_endpoint(endpoint, query);
        } catch (const Error& error) {
            if (endpoint.is_explicit || error.kind() == ErrorKind::interrupted) throw;
            attempts.push_back({endpoint, error});
        }
    }
    return std::nullopt;
}

Client connect(const EndpointQuery& query) {
    std::vector<Attempt> attempts;
    if (auto client = find_engine(query, attempts)) return std::move(*client);
    const auto best = std::max_element(
        attempts.begin(), attempts.end(), [](const Attempt& left, const Attempt& right) {
            return weight(left.error) < weight(right.error);
        });
    if (best != attempts.end() && weight(best->error) > 0) throw Error(best->error);
    throw Error(ErrorKind::not_found,
                fmt::format("no {} answers on this machine", engine_word(query)))
        .hint(fmt::format("{}, name the engine's socket in POSTSTACK_ENGINE_HOST, or use --runtime "
                          "native.",
                          query.wanted == EngineKind::docker
                              ? "Start docker's daemon (apt install docker.io)"
                              : "Install podman (apt install podman)"));
}

}  // namespace poststack::engine
