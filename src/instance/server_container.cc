#include "instance/server_container.h"

#include <fmt/format.h>

#include "base/text.h"
#include "config/keys.h"
#include "instance/labels.h"
#include "instance/native_spec.h"
#include "instance/template_cache.h"
#include "sys/file.h"
#include "sys/user.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
namespace key = config::key;

constexpr const char* secret_target = "/run/secrets/poststack_superuser";
constexpr std::int64_t pids_limit = 512;
constexpr std::int64_t shm_size = 256 << 20;  // the engines' 64 MB break parallel queries
// The mode alone: podman 4.3 takes no owner of a tmpfs.
constexpr const char* small_tmpfs = "rw,noexec,nosuid,nodev,size=64m,mode=1777";
constexpr int killed_exit_code = 137;

fs::path image_cache(const config::Environment& environment) {
    const auto cache = environment.find("XDG_CACHE_HOME");
    if (cache != environment.end() && !cache->second.empty()) {
        return fs::path(cache->second) / "poststack" / "images";
    }
    if (sys::is_root()) return "/var/cache/poststack/images";
    return sys::current_account().home / ".cache" / "poststack" / "images";
}

/// postgresql.conf for the limits, as arguments: they belong to the container, not to the data.
std::vector<std::string> server_command(const ContainerServerSpec& spec) {
    std::vector<std::string> command{"postgres"};
    const auto add = [&](const std::string& name, const std::string& value) {
        command.emplace_back("-c");
        command.push_back(name + "=" + value);
    };
    add("unix_socket_directories", "/tmp");  // also of data that another image made
    add("max_connections", std::to_string(spec.max_connections));
    for (const auto& [name, value] : spec.extra_settings)
        add(name, value);
    return command;
}

}  // namespace

ContainerServerSpec make_container_spec(const config::Project& project,
                                        const config::Settings& settings,
                                        const config::Environment& environment) {
    ContainerServerSpec spec;
    spec.project = project.name;
    spec.project_id = project.id;
    spec.directory = project.directory;
    spec.secrets = project.state_dir / "secrets";
    spec.container = settings.find_text(key::postgres_container_name)
                         .value_or(fmt::format("{}-postgres", project.name));
    spec.volume = fmt::format("{}_postgres_data", project.name);
    spec.major =
        static_cast<int>(settings.find_number(key::postgres_version).value_or(default_image_major));
    spec.memory_limit = settings.find_size(key::memory_limit).value_or(0);
    spec.cpu_limit = settings.find_decimal(key::cpu_limit).value_or(0);
    spec.max_connections = static_cast<int>(settings.number(key::max_connections));
    spec.extra_settings = extra_settings(settings);
    spec.cache = image_cache(environment);
    spec.build_log = project.log_dir / "containers";
    spec.start_limit = settings.duration(key::start_timeout);
    spec.stop_limit = settings.duration(key::stop_timeout);
    return spec;
}

std::optional<fs::path> find_original(const ContainerServerSpec& spec,
                                      const std::map<std::string, std::string>& labels) {
    const auto made_by = labels.find(label::project_id);
    const auto directory = labels.find(label::directory);
    if (made_by == labels.end() || directory == labels.end() || spec.project_id.empty() ||
        made_by->second != spec.project_id || directory->second == spec.directory) {
        return std::nullopt;
    }
    const fs::path state = spec.secrets.parent_path().lexically_relative(spec.directory);
    const auto id = sys::find_file(fs::path(directory->second) / state / "id", 4096);
    if (!id || trim(*id) != spec.project_id) return std::nullopt;
    return directory->second;
}

std::map<std::string, std::string> project_labels(const ContainerServerSpec& spec) {
    return {{label::project_id, spec.project_id},
            {label::project, spec.project},
            {label::directory, spec.directory.string()},
            {"com.docker.compose.project", spec.project}};
}

fs::path superuser_file(const ContainerServerSpec& spec) {
    return spec.secrets / "superuser";
}

engine::ContainerSpec server_container(const ContainerServerSpec& spec,
                                       std::uint16_t port,
                                       const BuiltImage& image,
                                       const std::string& image_name) {
    engine::ContainerSpec made;
    made.name = spec.container;
    made.image = image_name;
    made.command = server_command(spec);
    made.environment = {{"POSTGRES_USER", std::string(superuser)},
                        {"POSTGRES_DB", "postgres"},
                        {"POSTGRES_PASSWORD_FILE", secret_target},
                        {"POSTSTACK_PROJECT_ID", spec.project_id},
                        {"POSTSTACK_PROJECT_PATH", spec.directory.string()}};
    made.user = fmt::format("{0}:{0}", server_uid);
    made.hostname = "postgres";
    made.stop_signal = "SIGINT";
    made.stop_timeout = std::chrono::ceil<std::chrono::seconds>(spec.stop_limit);
    made.mounts = {
        {.source = spec.volume, .target = volume_layout(spec.major).volume},
        {.type = engine::MountType::bind,
         .source = superuser_file(spec).string(),
         .target = secret_target,
         .read_only = true},
    };
    made.tmpfs = {{"/tmp", small_tmpfs}};
    made.ports = {{.host_port = port, .container_port = server_port}};
    made.restart = "unless-stopped";
    made.hardening = {.read_only_root = true,
                      .drop_capabilities = true,
                      .no_new_privileges = true,
                      .pids_limit = pids_limit,
                      .memory = static_cast<std::int64_t>(spec.memory_limit),
                      .cpus = spec.cpu_limit,
                      .shm_size = shm_size};
    made.labels = project_labels(spec);
    made.labels.insert({{label::role, "postgres"},
                        {label::image_id, image.id},
                        {"com.docker.compose.service", "postgres"},
                        {"com.docker.compose.oneoff", "False"},
                        {"com.docker.compose.container-number", "1"}});
    made.labels.emplace(label::spec, engine::to_label(engine::traits_of(made, image.id)));
    return made;
}

std::string end_in_words(const engine::Container& container) {
    if (container.oom_killed) return "was killed because it used more memory than its limit";
    if (!container.error.empty()) return fmt::format("did not start: {}", container.error);
    if (container.exit_code == killed_exit_code) return "was killed (exit code 137)";
    if (container.restarts > 0) return "ends again and again";
    return fmt::format("ended with exit code {}", container.exit_code);
}

std::uint16_t published_port(const engine::Container& container) {
    for (const engine::Port& port : container.ports) {
        if (port.container_port == server_port) return port.host_port;
    }
    return 0;
}

}  // namespace poststack::instance
