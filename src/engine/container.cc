#include "engine/container.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "engine/json_fields.h"

namespace poststack::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<std::string_view, ContainerState>, 10> states = {{
    {"created", ContainerState::created},
    {"configured", ContainerState::created},   // podman
    {"initialized", ContainerState::created},  // podman
    {"running", ContainerState::running},
    {"paused", ContainerState::paused},
    {"restarting", ContainerState::restarting},
    {"removing", ContainerState::removing},
    {"exited", ContainerState::exited},
    {"stopped", ContainerState::exited},  // podman
    {"dead", ContainerState::dead},
}};

ContainerState parse_state(std::string_view text) {
    const auto at = std::find_if(
        states.begin(), states.end(), [&](const auto& entry) { return entry.first == text; });
    return at == states.end() ? ContainerState::dead : at->second;
}

std::string container_path(const std::string& name, std::string_view action) {
    return fmt::format("/containers/{}{}", percent_encode(name), action);
}

/// {"5432/tcp": [{"HostIp": "127.0.0.1", "HostPort": "5433"}]}; what is not published has null.
void read_ports(const Json& bindings, std::vector<Port>& ports) {
    if (!bindings.is_object()) return;
    for (const auto& [key, hosts] : bindings.items()) {
        const auto slash = key.find('/');
        Port port;
        port.container_port =
            static_cast<std::uint16_t>(parse_integer(key.substr(0, slash)).value_or(0));
        if (slash != std::string::npos) port.protocol = key.substr(slash + 1);
        if (!hosts.is_array()) continue;
        for (const Json& host : hosts) {
            port.host_ip = text(host, "HostIp");
            port.host_port =
                static_cast<std::uint16_t>(parse_integer(text(host, "HostPort")).value_or(0));
            ports.push_back(port);
        }
    }
}

void read_mounts(const Json& document, std::vector<Mount>& mounts) {
    for (const Json& mount : list(document, "Mounts")) {
        const std::string type = text(mount, "Type");
        if (type != "bind" && type != "volume") continue;
        const bool is_volume = type == "volume";
        mounts.push_back({.type = is_volume ? MountType::volume : MountType::bind,
                          .source = text(mount, is_volume ? "Name" : "Source"),
                          .target = text(mount, "Destination"),
                          .read_only = !flag(mount, "RW")});
    }
}

Hardening read_hardening(const Json& host) {
    Hardening granted;
    granted.read_only_root = flag(host, "ReadonlyRootfs");
    granted.drop_capabilities = dropped_capabilities(host) == std::vector<std::string>{"ALL"};
    granted.no_new_privileges = has_no_new_privileges(host);
    granted.pids_limit = std::max<std::int64_t>(0, number(host, "PidsLimit"));
    granted.memory = number(host, "Memory");
    granted.cpus = cpus(host);
    granted.shm_size = number(host, "ShmSize");
    return granted;
}

Container read_container(const Json& document) {
    const Json& state = object(document, "State");
    const Json& config = object(document, "Config");
    const Json& host = object(document, "HostConfig");
    Container container;
    container.id = text(document, "Id");
    container.name = text(document, "Name");
    if (container.name.starts_with('/')) container.name.erase(0, 1);
    container.image = display_image(text(config, "Image"));
    container.image_id = text(document, "Image");
    container.state = parse_state(text(state, "Status"));
    container.exit_code = static_cast<int>(number(state, "ExitCode"));
    container.oom_killed = flag(state, "OOMKilled");
    container.error = text(state, "Error");
    container.started = find_time(state, "StartedAt");
    container.finished = find_time(state, "FinishedAt");
    container.pid = static_cast<int>(number(state, "Pid"));
    container.restarts = static_cast<int>(number(document, "RestartCount"));
    container.tty = flag(config, "Tty");
    container.labels = string_map(config, "Labels");
    container.user = text(config, "User");
    container.stop_signal = signal_name(scalar_text(config, "StopSignal"));
    container.restart = text(object(host, "RestartPolicy"), "Name");
    container.tmpfs = tmpfs_paths(host);
    for (const std::string& variable : strings(config, "Env"))
        container.variables.push_back(variable.substr(0, variable.find('=')));
    read_mounts(document, container.mounts);
    // Of a container that does not run the network knows nothing, its configuration does.
    read_ports(object(object(document, "NetworkSettings"), "Ports"), container.ports);
    if (container.ports.empty()) read_ports(object(host, "PortBindings"), container.ports);
    container.granted = read_hardening(host);
    return container;
}

Container read_entry(const Json& entry) {
    Container container;
    container.id = text(entry, "Id");
    const Json& names = list(entry, "Names");
    if (!names.empty() && names.front().is_string()) {
        container.name = names.front().get<std::string>();
        if (container.name.starts_with('/')) container.name.erase(0, 1);
    }
    container.image = display_image(text(entry, "Image"));
    container.image_id = text(entry, "ImageID");
    container.state = parse_state(text(entry, "State"));
    container.labels = string_map(entry, "Labels");
    for (const Json& port : list(entry, "Ports")) {
        container.ports.push_back(
            {.host_ip = text(port, "IP"),
             .host_port = static_cast<std::uint16_t>(number(port, "PublicPort")),
             .container_port = static_cast<std::uint16_t>(number(port, "PrivatePort")),
             .protocol = text(port, "Type")});
    }
    return container;
}

}  // namespace

std::string_view name(ContainerState state) noexcept {
    for (const auto& [text, value] : states) {
        if (value == state) return text;
    }
    return "dead";
}

std::optional<Container> find_container(const Client& client, const std::string& name) {
    const Reply reply = client.ask({.path = container_path(name, "/json")});
    if (!reply.ok()) {
        if (reply.refusal == Refusal::not_found) return std::nullopt;
        throw refused(fmt::format("look at container \"{}\"", name), reply.refusal, reply.text);
    }
    return read_container(reply.json());
}

std::vector<Container> list_containers(const Client& client, const std::string& label) {
    Query query{{"all", "1"}};
    if (!label.empty()) query.emplace_back("filters", Json{{"label", {label}}}.dump());
    const Reply reply =
        client.require({.path = "/containers/json", .query = query}, "list the containers");
    std::vector<Container> containers;
    for (const Json& entry : reply.json())
        containers.push_back(read_entry(entry));
    std::sort(containers.begin(), containers.end(), [](const Container& a, const Container& b) {
        return a.name < b.name;
    });
    return containers;
}

bool start_container(const Client& client, const std::string& name) {
    // 304 is "already so", at both engines.
    return client
               .require({.method = "POST", .path = container_path(name, "/start")},
                        fmt::format("start container \"{}\"", name))
               .status != 304;
}

bool stop_container(const Client& client, const std::string& name, std::chrono::seconds limit) {
    return client
               .require({.method = "POST",
                         .path = container_path(name, "/stop"),
                         .query = {{"t", std::to_string(limit.count())}},
                         .silence_limit = limit + 60s},
                        fmt::format("stop container \"{}\"", name))
               .status != 304;
}

bool kill_container(const Client& client, const std::string& name, const std::string& signal) {
    const Reply reply = client.ask(
        {.method = "POST", .path = container_path(name, "/kill"), .query = {{"signal", signal}}});
    if (reply.ok()) return true;
    if (reply.refusal == Refusal::not_running) return false;
    throw refused(
        fmt::format("send {} to container \"{}\"", signal, name), reply.refusal, reply.text);
}

int wait_container(const Client& client, const std::string& name) {
    const Reply reply = client.require(
        {.method = "POST", .path = container_path(name, "/wait"), .silence_limit = http::no_limit},
        fmt::format("wait for container \"{}\"", name));
    return static_cast<int>(number(reply.json(), "StatusCode"));
}

bool remove_container(const Client& client, const std::string& name, bool force) {
    const Reply reply = client.ask({.method = "DELETE",
                                    .path = container_path(name, ""),
                                    // Anonymous volumes, of the image's VOLUME lines, go along.
                                    .query = {{"force", force ? "1" : "0"}, {"v", "1"}}});
    if (reply.ok()) return true;
    if (reply.refusal == Refusal::not_found) return false;
    throw refused(fmt::format("remove container \"{}\"", name), reply.refusal, reply.text);
}

std::optional<Usage> find_usage(const Client& client, const std::string& name) {
    // one-shot: without it docker waits a second for the difference between two readings.
    const Reply reply = client.ask(
        {.path = container_path(name, "/stats"), .query = {{"stream", "0"}, {"one-shot", "1"}}});
    if (!reply.ok()) return std::nullopt;
    const Json document = reply.json();
    const Json& memory = object(document, "memory_stats");
    if (number(memory, "usage") == 0) return std::nullopt;
    const Json& detail = object(memory, "stats");
    const auto used = number(memory, "usage");
    const auto cache =
        std::max(number(detail, "inactive_file"), number(detail, "total_inactive_file"));
    Usage usage;
    usage.memory = static_cast<std::uint64_t>(std::max<std::int64_t>(0, used - cache));
    const auto limit =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, number(memory, "limit")));
    if (limit < (std::uint64_t{1} << 60)) usage.memory_limit = limit;
    usage.cpu_seconds = static_cast<double>(number(
                            object(object(document, "cpu_stats"), "cpu_usage"), "total_usage")) /
                        1e9;
    return usage;
}

}  // namespace poststack::engine
