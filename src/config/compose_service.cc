#include "config/compose_service.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sys/file.h"

namespace poststack::config {

namespace {

constexpr std::array<IgnoredKey, 6> harmless_keys{{
    {"attach", "only the foreground log of docker compose knows it"},
    {"develop", "watching source files is left to docker compose"},
    {"stdin_open", "services have no input"},
    {"tty", "services have no terminal"},
    {"annotations", "no engine acts on them here"},
    {"scale", "one container a service is run"},
}};

constexpr std::array<IgnoredKey, 5> harmless_deploy{{
    {"mode", "one container a service is run"},
    {"placement", "there is one machine"},
    {"update_config", "there is no swarm"},
    {"rollback_config", "there is no swarm"},
    {"endpoint_mode", "there is no swarm"},
}};

constexpr std::array<std::string_view, 7> pull_policies{
    "always", "never", "missing", "if_not_present", "build", "daily", "weekly"};

/// A list of env_file entries: paths, or mappings with `path` and `required`.
void read_env_files(ComposeFields& fields,
                    const ComposeSurroundings& surroundings,
                    ComposeService& service) {
    const YamlNode* const files = fields.find("env_file");
    if (files == nullptr) return;
    for (const YamlNode& item : files->items) {
        std::vector<std::string> ignored;
        bool required = true;
        std::string text = item.text;
        if (item.is_mapping()) {
            ComposeFields entry(item, fmt::format("env_file of {}", fields.subject()));
            text = entry.text_or("path");
            required = entry.boolean("required", true);
            entry.finish({}, ignored);
        }
        const std::filesystem::path path = compose_path(text, surroundings);
        if (!sys::find_info(path)) {
            if (!required) continue;
            throw Error(ErrorKind::not_found,
                        fmt::format("the environment file \"{}\" of {} is not there ({})",
                                    path.native(),
                                    fields.subject(),
                                    item.where()))
                .hint("Make it, or write it as {path: ..., required: false}.");
        }
        service.env_files.push_back(path);
        const EnvFile file = EnvFile::parse(sys::read_file(path), path, surroundings.environment);
        for (const std::string& name : file.names()) {
            if (auto value = file.find(name)) service.environment.emplace_back(name, *value);
        }
    }
}

/// Later ones win and stay where the first stood.
void set_variable(ComposeVariables& variables, const std::string& name, std::string value) {
    const auto found = std::find_if(
        variables.begin(), variables.end(), [&](const auto& entry) { return entry.first == name; });
    if (found != variables.end()) {
        found->second = std::move(value);
    } else {
        variables.emplace_back(name, std::move(value));
    }
}

void read_environment(ComposeFields& fields,
                      const ComposeSurroundings& surroundings,
                      ComposeService& service) {
    read_env_files(fields, surroundings, service);
    ComposeVariables whole;
    for (auto& [name, value] : service.environment)
        set_variable(whole, name, std::move(*value));
    for (auto& [name, value] : fields.variables("environment")) {
        if (value) {
            set_variable(whole, name, std::move(*value));
            continue;
        }
        // A bare name is passed on when it is set, and left out when it is not.
        const auto found = surroundings.environment.find(name);
        if (found != surroundings.environment.end()) set_variable(whole, name, found->second);
    }
    service.environment = std::move(whole);
}

void read_limits(ComposeFields& fields,
                 ComposeService& service,
                 std::vector<std::string>& ignored) {
    service.memory_limit = fields.size("mem_limit");
    service.memory_reservation = fields.size("mem_reservation");
    service.cpus = fields.decimal("cpus");
    service.pids_limit = fields.integer("pids_limit");
    service.shm_size = fields.size("shm_size");
    const YamlNode* const node = fields.find("deploy");
    if (node == nullptr) return;
    ComposeFields deploy(*node, fmt::format("deploy of {}", fields.subject()));
    if (const auto replicas = deploy.integer("replicas"); replicas && *replicas != 1) {
        throw yaml_error(*node->find("replicas"),
                         fmt::format("{} asks for {} replicas, and one container a service is run",
                                     fields.subject(),
                                     *replicas));
    }
    if (const YamlNode* const labels = deploy.find("labels")) {
        ignored.push_back(fmt::format("{}: \"labels\" of {}: labels of swarm's services only",
                                      labels->where(),
                                      deploy.subject()));
    }
    if (const YamlNode* const resources = deploy.find("resources")) {
        ComposeFields both(*resources, fmt::format("resources of {}", fields.subject()));
        if (const YamlNode* const limits = both.find("limits")) {
            ComposeFields values(*limits, fmt::format("limits of {}", fields.subject()));
            if (auto memory = values.size("memory")) service.memory_limit = memory;
            if (auto cpus = values.decimal("cpus")) service.cpus = cpus;
            if (auto pids = values.integer("pids")) service.pids_limit = pids;
            values.finish({}, ignored);
        }
        if (const YamlNode* const reserved = both.find("reservations")) {
            ComposeFields values(*reserved, fmt::format("reservations of {}", fields.subject()));
            if (auto memory = values.size("memory")) service.memory_reservation = memory;
            constexpr std::array<IgnoredKey, 1> cpus{{{"cpus", "engines reserve memory only"}}};
            values.finish(cpus, ignored);
        }
        both.finish({}, ignored);
    }
    deploy.finish(harmless_deploy, ignored);
}

void read_restart(ComposeFields& fields, ComposeService& service) {
    const YamlNode* const node = fields.find("restart");
    if (node == nullptr) return;
    const std::string text = scalar_text(*node, "restart");
    const bool known = text == "no" || text == "always" || text == "unless-stopped" ||
                       text == "on-failure" || text.starts_with("on-failure:");
    if (known) {
        service.restart = text;
    } else if (text == "false") {
        service.restart = "no";
    } else {
        throw yaml_error(*node,
                         fmt::format("\"restart\" of {} is \"{}\", but must be no, always, "
                                     "on-failure[:N] or unless-stopped",
                                     fields.subject(),
                                     text));
    }
}

void read_logging(ComposeFields& fields,
                  ComposeService& service,
                  std::vector<std::string>& ignored) {
    const YamlNode* const node = fields.find("logging");
    if (node == nullptr) return;
    ComposeFields logging(*node, fmt::format("logging of {}", fields.subject()));
    service.log_driver = logging.text_or("driver");
    service.log_options = logging.map("options");
    logging.finish({}, ignored);
}

ComposeExtension read_extension(const YamlNode& service, std::vector<std::string>& ignored) {
    using Role = ComposeExtension::Role;
    using Harden = ComposeExtension::Harden;
    constexpr std::array<std::string_view, 2> roles{"postgres", "application"};
    constexpr std::array<std::string_view, 3> degrees{"full", "basic", "none"};
    constexpr std::array<std::string_view, 2> ways{"file", "environment"};
    ComposeExtension extension;
    const YamlNode* const node = service.find("x-poststack");
    if (node == nullptr) return extension;
    ComposeFields fields(*node, "x-poststack");
    if (const auto role = fields.choice("role", roles)) {
        extension.role = *role == "postgres" ? Role::postgres : Role::application;
    }
    if (const auto harden = fields.choice("harden", degrees)) {
        extension.harden = *harden == "full"    ? Harden::full
                           : *harden == "basic" ? Harden::basic
                                                : Harden::none;
    }
    extension.secrets_in_environment = fields.choice("secrets", ways) == "environment";
    if (const YamlNode* const native = fields.find("native")) {
        ComposeFields parts(*native, "native of x-poststack");
        extension.native_command = parts.text_or("command");
        extension.native_ready = parts.text_or("ready");
        parts.finish({}, ignored);
    }
    fields.finish({}, ignored);
    return extension;
}

void read_words(ComposeFields& fields, ComposeService& service) {
    if (const YamlNode* const node = fields.find("command")) {
        service.command = command_words(*node, "command");
    }
    if (const YamlNode* const node = fields.find("entrypoint")) {
        service.entrypoint = command_words(*node, "entrypoint");
    }
    service.image = fields.text_or("image");
    service.user = fields.text_or("user");
    service.working_dir = fields.text_or("working_dir");
    service.hostname = fields.text_or("hostname");
    service.container_name = fields.text_or("container_name");
    service.platform = fields.text_or("platform");
    service.pull_policy = fields.choice("pull_policy", pull_policies).value_or("");
    service.stop_signal = fields.text_or("stop_signal");
    service.stop_grace_period = fields.duration("stop_grace_period");
    service.read_only = fields.boolean("read_only");
    service.init = fields.boolean("init");
}

void read_collections(ComposeFields& fields, ComposeService& service) {
    service.cap_add = fields.list("cap_add");
    service.cap_drop = fields.list("cap_drop");
    service.security_opt = fields.list("security_opt");
    service.tmpfs = fields.list("tmpfs");
    service.expose = fields.list("expose");
    service.profiles = fields.list("profiles");
    service.sysctls = fields.map("sysctls");
    service.labels = fields.map("labels");
    for (const auto& [name, address] : fields.map("extra_hosts"))
        service.extra_hosts.push_back(name + ":" + address);
}

}  // namespace

std::filesystem::path compose_path(const std::string& text,
                                   const ComposeSurroundings& surroundings) {
    std::filesystem::path path = text;
    if (text == "~" || text.starts_with("~/")) {
        const auto home = surroundings.environment.find("HOME");
        if (home != surroundings.environment.end() && !home->second.empty()) {
            path = text.size() > 2 ? std::filesystem::path(home->second) / text.substr(2)
                                   : std::filesystem::path(home->second);
        }
    }
    path = (surroundings.directory / path).lexically_normal();
    return path.has_filename() ? path : path.parent_path();
}

ComposeService read_compose_service(const std::string& name,
                                    const YamlNode& node,
                                    const ComposeSurroundings& surroundings,
                                    std::vector<std::string>& ignored) {
    ComposeService service;
    service.name = name;
    service.place = node.where();
    ComposeFields fields(node, fmt::format("service \"{}\"", name));
    read_words(fields, service);
    read_collections(fields, service);
    read_environment(fields, surroundings, service);
    read_limits(fields, service, ignored);
    read_restart(fields, service);
    read_logging(fields, service, ignored);
    service.build = read_build(fields, surroundings, ignored);
    service.ports = read_ports(fields);
    service.mounts = read_mounts(fields, surroundings, ignored);
    service.healthcheck = read_healthcheck(fields, ignored);
    service.depends_on = read_dependencies(fields, ignored);
    service.networks = read_network_uses(fields, ignored);
    service.secrets = read_file_uses(fields, "secrets", ignored);
    service.configs = read_file_uses(fields, "configs", ignored);
    service.ulimits = read_ulimits(fields, ignored);
    service.extension = read_extension(node, ignored);
    fields.finish(harmless_keys, ignored);
    if (service.image.empty() && !service.build) {
        throw yaml_error(node, fmt::format("service \"{}\" has neither image nor build", name));
    }
    return service;
}

}  // namespace poststack::config
