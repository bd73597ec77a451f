// A ContainerSpec as the document that the API takes.
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "engine/container.h"

namespace poststack::engine {
namespace {

Json environment_json(const ContainerSpec& spec) {
    Json list = Json::array();
    for (const auto& [key, value] : spec.environment)
        list.push_back(key + "=" + value);
    return list;
}

std::string port_key(const Port& port) {
    return fmt::format("{}/{}", port.container_port, port.protocol);
}

void add_ports(const ContainerSpec& spec, Json& config, Json& host) {
    Json exposed = Json::object();
    Json bindings = Json::object();
    for (const Port& port : spec.ports) {
        const std::string key = port_key(port);
        exposed[key] = Json::object();
        bindings[key].push_back(
            {{"HostIp", port.host_ip},
             {"HostPort", port.host_port == 0 ? "" : std::to_string(port.host_port)}});
    }
    if (spec.ports.empty()) return;
    config["ExposedPorts"] = std::move(exposed);
    host["PortBindings"] = std::move(bindings);
}

void add_mounts(const ContainerSpec& spec, Json& host) {
    Json mounts = Json::array();
    for (const Mount& mount : spec.mounts) {
        mounts.push_back({{"Type", mount.type == MountType::bind ? "bind" : "volume"},
                          {"Source", mount.source},
                          {"Target", mount.target},
                          {"ReadOnly", mount.read_only}});
    }
    if (!mounts.empty()) host["Mounts"] = std::move(mounts);
    if (spec.tmpfs.empty()) return;
    host["Tmpfs"] = Json::object();
    for (const auto& [path, options] : spec.tmpfs)
        host["Tmpfs"][path] = options;
}

void add_hardening(const Hardening& hardening, Json& host) {
    if (hardening.read_only_root) host["ReadonlyRootfs"] = true;
    if (hardening.drop_capabilities) host["CapDrop"] = {"ALL"};
    if (hardening.no_new_privileges) host["SecurityOpt"] = {"no-new-privileges"};
    if (hardening.pids_limit > 0) host["PidsLimit"] = hardening.pids_limit;
    if (hardening.memory > 0) {
        host["Memory"] = hardening.memory;
        host["MemorySwap"] = hardening.memory;  // no swap on top
    }
    if (hardening.cpus > 0) host["NanoCpus"] = std::llround(hardening.cpus * 1e9);
    if (hardening.shm_size > 0) host["ShmSize"] = hardening.shm_size;
}

void add_network(const ContainerSpec& spec, Json& config, Json& host) {
    if (spec.network.empty()) return;
    host["NetworkMode"] = spec.network;
    if (spec.network_aliases.empty()) return;
    config["NetworkingConfig"]["EndpointsConfig"][spec.network] = {
        {"Aliases", spec.network_aliases}};
}

Json host_json(const ContainerSpec& spec, Json& config) {
    Json host = Json::object();
    add_ports(spec, config, host);
    add_mounts(spec, host);
    add_hardening(spec.hardening, host);
    add_network(spec, config, host);
    if (!spec.restart.empty()) host["RestartPolicy"] = {{"Name", spec.restart}};
    if (!spec.user_namespace.empty()) host["UsernsMode"] = spec.user_namespace;
    if (spec.init) host["Init"] = true;
    return host;
}

Json spec_json(const ContainerSpec& spec) {
    Json config = {{"Image", spec.image}};
    const auto add = [&](const char* key, const auto& value) {
        if (!value.empty()) config[key] = value;
    };
    add("Entrypoint", spec.entrypoint);
    add("Cmd", spec.command);
    add("Env", environment_json(spec));
    add("Labels", spec.labels);
    add("User", spec.user);
    add("Hostname", spec.hostname);
    add("WorkingDir", spec.working_directory);
    add("StopSignal", spec.stop_signal);
    if (spec.stop_timeout) config["StopTimeout"] = spec.stop_timeout->count();
    if (spec.tty) config["Tty"] = true;
    if (spec.open_stdin) config["OpenStdin"] = true;
    config["HostConfig"] = host_json(spec, config);
    return config;
}

}  // namespace

std::string create_container(const Client& client, const ContainerSpec& spec) {
    const Reply reply = client.require({.method = "POST",
                                        .path = "/containers/create",
                                        .query = {{"name", spec.name}},
                                        .body = spec_json(spec).dump()},
                                       fmt::format("create container \"{}\"", spec.name));
    return reply.json().at("Id").get<std::string>();
}

}  // namespace poststack::engine
