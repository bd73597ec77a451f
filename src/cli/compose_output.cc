#include "cli/compose_output.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/context.h"
#include "config/compose_file.h"

namespace poststack::cli {

namespace {

using config::ComposeService;

bool looks_secret(std::string_view name) {
    const std::string upper = to_upper(name);
    for (const std::string_view word : {"PASS", "SECRET", "TOKEN", "API_KEY", "PRIVATE"})
        if (upper.find(word) != std::string::npos) return !upper.ends_with("_FILE");
    return false;
}

Json variables_to_json(const config::ComposeVariables& variables, bool reveal) {
    Json object = Json::object();
    for (const auto& [name, value] : variables) {
        if (!value) {
            object[name] = nullptr;
        } else {
            object[name] = reveal               ? *value
                           : looks_secret(name) ? std::string("***")
                                                : mask_secrets(*value);
        }
    }
    return object;
}

Json ports_to_json(const ComposeService& service) {
    Json list = Json::array();
    for (const config::ComposePort& port : service.ports) {
        list.push_back({{"host_ip", port.host_ip},
                        {"published", port.published},
                        {"target", port.target},
                        {"protocol", port.protocol}});
    }
    return list;
}

std::string_view name(config::ComposeMount::Type type) {
    switch (type) {
        case config::ComposeMount::Type::volume: return "volume";
        case config::ComposeMount::Type::bind: return "bind";
        case config::ComposeMount::Type::tmpfs: return "tmpfs";
    }
    return "";
}

Json mounts_to_json(const ComposeService& service) {
    Json list = Json::array();
    for (const config::ComposeMount& mount : service.mounts) {
        list.push_back({{"type", name(mount.type)},
                        {"source", mount.source},
                        {"target", mount.target},
                        {"read_only", mount.read_only}});
    }
    return list;
}

std::string_view name(config::ComposeDependency::Condition condition) {
    using Condition = config::ComposeDependency::Condition;
    switch (condition) {
        case Condition::started: return "service_started";
        case Condition::healthy: return "service_healthy";
        case Condition::completed: return "service_completed_successfully";
    }
    return "";
}

Json dependencies_to_json(const ComposeService& service) {
    Json object = Json::object();
    for (const config::ComposeDependency& dependency : service.depends_on) {
        object[dependency.service] = {{"condition", name(dependency.condition)},
                                      {"restart", dependency.restart},
                                      {"required", dependency.required}};
    }
    return object;
}

Json networks_to_json(const ComposeService& service) {
    Json object = Json::object();
    for (const config::ComposeNetworkUse& use : service.networks)
        object[use.network] = {{"aliases", use.aliases}};
    return object;
}

template <class Value>
Json optional_to_json(const std::optional<Value>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json seconds(const std::optional<std::chrono::milliseconds>& duration) {
    if (!duration) return nullptr;
    return std::chrono::duration<double>(*duration).count();
}

Json healthcheck_to_json(const ComposeService& service) {
    if (!service.healthcheck) return nullptr;
    const config::ComposeHealthcheck& check = *service.healthcheck;
    return {{"disabled", check.disabled},
            {"test", check.test},
            {"interval_s", seconds(check.interval)},
            {"timeout_s", seconds(check.timeout)},
            {"start_period_s", seconds(check.start_period)},
            {"retries", optional_to_json(check.retries)}};
}

Json build_to_json(const ComposeService& service, bool reveal) {
    if (!service.build) return nullptr;
    return {{"context", service.build->context.native()},
            {"dockerfile", service.build->dockerfile},
            {"target", service.build->target},
            {"args", variables_to_json(service.build->args, reveal)}};
}

Json ulimits_to_json(const ComposeService& service) {
    Json object = Json::object();
    for (const auto& [limit, both] : service.ulimits)
        object[limit] = {{"soft", both.soft}, {"hard", both.hard}};
    return object;
}

Json uses_to_json(const std::vector<config::ComposeFileUse>& uses) {
    Json list = Json::array();
    for (const config::ComposeFileUse& use : uses)
        list.push_back({{"source", use.source}, {"target", use.target}});
    return list;
}

Json service_to_json(const ComposeService& service, bool reveal) {
    return {{"role", service_role(service)},
            {"image", service.image},
            {"build", build_to_json(service, reveal)},
            {"command", optional_to_json(service.command)},
            {"entrypoint", optional_to_json(service.entrypoint)},
            {"environment", variables_to_json(service.environment, reveal)},
            {"ports", ports_to_json(service)},
            {"volumes", mounts_to_json(service)},
            {"networks", networks_to_json(service)},
            {"depends_on", dependencies_to_json(service)},
            {"healthcheck", healthcheck_to_json(service)},
            {"restart", service.restart},
            {"user", service.user},
            {"working_dir", service.working_dir},
            {"hostname", service.hostname},
            {"container_name", service.container_name},
            {"stop_signal", service.stop_signal},
            {"stop_grace_period_s", seconds(service.stop_grace_period)},
            {"cap_add", service.cap_add},
            {"cap_drop", service.cap_drop},
            {"security_opt", service.security_opt},
            {"read_only", service.read_only},
            {"init", service.init},
            {"tmpfs", service.tmpfs},
            {"expose", service.expose},
            {"extra_hosts", service.extra_hosts},
            {"labels", service.labels},
            {"sysctls", service.sysctls},
            {"ulimits", ulimits_to_json(service)},
            {"secrets", uses_to_json(service.secrets)},
            {"configs", uses_to_json(service.configs)},
            {"logging", {{"driver", service.log_driver}, {"options", service.log_options}}},
            {"shm_size", optional_to_json(service.shm_size)},
            {"memory_limit", optional_to_json(service.memory_limit)},
            {"memory_reservation", optional_to_json(service.memory_reservation)},
            {"cpus", optional_to_json(service.cpus)},
            {"pids_limit", optional_to_json(service.pids_limit)},
            {"profiles", service.profiles}};
}

/// COMPOSE_PROFILES, a list with commas.
std::vector<std::string> environment_profiles(const config::Environment& environment) {
    std::vector<std::string> profiles;
    const auto found = environment.find("COMPOSE_PROFILES");
    if (found == environment.end()) return profiles;
    for (const std::string_view word : split(found->second, ','))
        if (!trim(word).empty()) profiles.emplace_back(trim(word));
    return profiles;
}

}  // namespace

Option profile_option(ComposeArgs& args) {
    return {"--profile", "NAME", "switch this profile on; \"*\" is all", &args.profiles};
}

config::ComposeProject load_stack_file(const Context& context,
                                       const Session& session,
                                       const ComposeArgs& args) {
    if (session.project.compose_files.empty()) {
        throw Error(ErrorKind::not_found,
                    fmt::format("project \"{}\" in \"{}\" has no compose file",
                                session.project.name,
                                session.project.directory.native()))
            .hint("Write a compose.yaml there, or name a file with -f.");
    }
    config::ComposeSelection selection;
    selection.files = session.project.compose_files;
    selection.project_name = session.project.name;
    selection.environment = context.environment;
    for (const std::string& variable : session.env.names()) {
        if (auto value = session.env.find(variable)) {
            selection.environment.emplace(variable, std::move(*value));
        }
    }
    selection.profiles = args.profiles;
    if (selection.profiles.empty()) {
        selection.profiles = environment_profiles(selection.environment);
    }
    return config::load_compose(selection);
}

std::string_view service_role(const ComposeService& service) {
    using Role = config::ComposeExtension::Role;
    if (service.extension.role == Role::postgres) return "postgres";
    if (service.extension.role == Role::application) return "application";
    const auto is_server_variable = [](const auto& entry) {
        return entry.first == "POSTGRES_PASSWORD" || entry.first == "POSTGRES_PASSWORD_FILE" ||
               entry.first == "POSTGRES_INITDB_ARGS" || entry.first == "POSTGRES_HOST_AUTH_METHOD";
    };
    const bool by_variable =
        std::any_of(service.environment.begin(), service.environment.end(), is_server_variable);
    const std::string_view image = service.image;
    const std::size_t slash = image.rfind('/');
    const std::string_view last = slash == std::string_view::npos ? image : image.substr(slash + 1);
    const std::string_view base = last.substr(0, last.find_first_of(":@"));
    const bool by_image =
        base == "postgres" || base == "pgvector" || base == "postgis" || base == "timescaledb";
    // An application may be handed POSTGRES_PASSWORD to log in with; a server's image is no guess.
    return by_image || (by_variable && image.find("postgres") != std::string_view::npos)
               ? "postgres"
               : "application";
}

Json compose_to_json(const config::ComposeProject& project, bool reveal) {
    Json services = Json::object();
    for (const ComposeService& service : project.services)
        services[service.name] = service_to_json(service, reveal);
    Json volumes = Json::object();
    for (const config::ComposeVolume& volume : project.volumes)
        volumes[volume.key] = {{"name", volume.name}, {"external", volume.external}};
    Json networks = Json::object();
    for (const config::ComposeNetwork& network : project.networks) {
        networks[network.key] = {
            {"name", network.name}, {"external", network.external}, {"internal", network.internal}};
    }
    Json files = Json::array();
    for (const auto& file : project.files)
        files.push_back(file.native());
    return {{"name", project.name},
            {"files", files},
            {"services", services},
            {"switched_off", project.switched_off},
            {"volumes", volumes},
            {"networks", networks},
            {"ignored", project.ignored}};
}

}  // namespace poststack::cli
