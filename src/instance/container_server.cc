#include "instance/container_server.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "config/keys.h"
#include "engine/exec.h"
#include "engine/storage.h"
#include "instance/native_spec.h"
#include "pgfiles/resources.h"
#include "pgfiles/startup_probe.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/hash.h"
#include "sys/log_sinks.h"
#include "sys/private_file.h"
#include "sys/random.h"
#include "sys/user.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
namespace key = config::key;
using engine::Container;
using engine::ContainerState;
using namespace std::chrono_literals;

constexpr const char* superuser_name = "postgres";
constexpr const char* secret_target = "/run/secrets/poststack_superuser";
constexpr uid_t container_uid = 999;
constexpr std::uint16_t server_port = 5432;
constexpr std::int64_t pids_limit = 512;
constexpr std::int64_t shm_size = 256 << 20;  // the engines' 64 MB break parallel queries
// The mode alone: podman 4.3 takes no owner of a tmpfs.
constexpr const char* small_tmpfs = "rw,noexec,nosuid,nodev,size=64m,mode=1777";

/// Seconds since 1970 of "2026-11-28T14:00:19.78Z"; now for what is no time.
std::chrono::system_clock::time_point parse_time(const std::string& text) {
    std::tm parts{};
    if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) {
        return sys::system_clock().today();
    }
    return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

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

/// What the container is made from, for telling whether it would be made the same now.
std::string hash_of(const engine::ContainerSpec& spec) {
    sys::Sha256 hash;
    const auto add = [&](std::string_view text) {
        hash.update(text);
        hash.update(std::string_view("\0", 1));
    };
    for (const std::string& word : spec.command)
        add(word);
    for (const auto& [name, value] : spec.environment)
        add(name + "=" + value);
    for (const auto& [name, value] : spec.labels)
        add(name + "=" + value);
    for (const engine::Port& port : spec.ports)
        add(fmt::format("{}:{}:{}", port.host_ip, port.host_port, port.container_port));
    for (const engine::Mount& mount : spec.mounts)
        add(mount.source + ":" + mount.target);
    add(fmt::format("{} {} {}", spec.hardening.memory, spec.hardening.cpus, spec.user));
    return hash.finish().substr(0, 16);
}

std::string state_words(const Container& container) {
    if (container.oom_killed) return "was killed because it used more memory than its limit";
    if (!container.error.empty()) return fmt::format("did not start: {}", container.error);
    if (container.restarts > 0) return "ends again and again";
    return fmt::format("ended with exit code {}", container.exit_code);
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

std::optional<Container> ContainerServer::find() const {
    auto container = engine::find_container(client_, spec_.container);
    if (!container) return std::nullopt;
    const auto owner = container->labels.find(label::project_id);
    if (owner != container->labels.end() && !spec_.project_id.empty() &&
        owner->second == spec_.project_id) {
        return container;
    }
    const auto directory = container->labels.find(label::directory);
    throw Error(ErrorKind::conflict,
                fmt::format("container \"{}\" belongs to {}",
                            spec_.container,
                            directory == container->labels.end()
                                ? std::string("somebody else")
                                : fmt::format("the project in {}", directory->second)))
        .hint("Give this project's container another name: the setting postgres_container_name.");
}

ServerView ContainerServer::look() const {
    ServerView view;
    const auto container = find();
    if (!container) {
        const auto volume = engine::find_volume(client_, spec_.volume);
        const bool ours = volume && !spec_.project_id.empty() &&
                          volume->labels.contains(label::project_id) &&
                          volume->labels.at(label::project_id) == spec_.project_id;
        view.state = ours ? ServerState::stopped : ServerState::absent;
        return view;
    }
    view.state = ServerState::stopped;
    if (container->state != ContainerState::running) return view;
    pgfiles::PostmasterPid running;
    running.pid = container->pid;
    running.started = parse_time(container->started.value_or(""));
    for (const engine::Port& port : container->ports) {
        if (port.container_port == server_port) running.port = port.host_port;
    }
    const auto answer =
        pgfiles::probe(
            {.socket_directory = {}, .port = running.port}, superuser_name, superuser_name, 2s)
            .answer;
    const bool is_open = answer == pgfiles::ProbeAnswer::accepting ||
                         answer == pgfiles::ProbeAnswer::too_many ||
                         answer == pgfiles::ProbeAnswer::refused;
    running.status = is_open ? "ready" : "starting";
    view.state = is_open ? ServerState::running : ServerState::starting;
    view.pid_file = running;
    return view;
}

/// The superuser's password: made once, mounted as a file. The directory keeps others out; the file
/// itself must be readable by the container's account, which without root is nobody of this
/// machine.
bool ContainerServer::ensure_secret() const {
    const fs::path file = spec_.secrets / "superuser";
    sys::make_directories(spec_.secrets, 0700);
    if (sys::find_info(file)) return false;
    const Secret password = sys::random_alphanumeric(32);
    sys::ReplaceOptions options{.mode = 0444};
    if (sys::is_root()) options = {.mode = 0400, .owner = sys::Owner{container_uid, container_uid}};
    (void)sys::create_file(file, password.reveal(), options);
    return true;
}

/// The volume knows another password than the file, which was lost: the server's own account, which
/// enters through the socket, sets the new one.
void ContainerServer::repair_superuser() const {
    const std::string password = sys::read_file(spec_.secrets / "superuser", 4096);
    const engine::ExecResult result = engine::run_inside(
        client_,
        {.container = spec_.container,
         .command = {"psql",
                     "--no-psqlrc",
                     "--quiet",
                     "--set",
                     "ON_ERROR_STOP=1",
                     "--username",
                     superuser_name,
                     "--dbname",
                     "postgres"},
         // Letters and digits alone: ensure_secret() made it.
         .input = fmt::format("ALTER ROLE {} PASSWORD '{}';\n", superuser_name, password)});
    if (result.exit_code != 0) {
        throw Error(ErrorKind::tool,
                    fmt::format("cannot give the superuser a new password: {}",
                                mask_secrets(trim(result.errors))));
    }
}

/// True when it was made now. Errors: conflict when it is another project's.
bool ContainerServer::ensure_volume() const {
    const std::map<std::string, std::string> labels{
        {label::project_id, spec_.project_id},
        {label::project, spec_.project},
        {label::directory, spec_.directory.string()},
        {label::role, "postgres"},
        {"com.docker.compose.project", spec_.project},
        {"com.docker.compose.volume", "postgres_data"},
    };
    const bool is_new = !engine::find_volume(client_, spec_.volume);
    const auto volume = engine::ensure_volume(client_, spec_.volume, labels);
    const auto owner = volume.labels.find(label::project_id);
    if (owner == volume.labels.end() || owner->second != spec_.project_id) {
        throw Error(
            ErrorKind::conflict,
            fmt::format("volume \"{}\" is there already and is not this project's", spec_.volume))
            .hint(
                "Give the project another name, or remove the volume when nothing in it is "
                "needed.");
    }
    return is_new;
}

engine::ContainerSpec ContainerServer::container_spec(std::uint16_t port,
                                                      const BuiltImage& image) const {
    engine::ContainerSpec made;
    made.name = spec_.container;
    made.image = client_.local_image(image.name);
    made.command = server_command(spec_);
    made.environment = {{"POSTGRES_USER", superuser_name},
                        {"POSTGRES_DB", "postgres"},
                        {"POSTGRES_PASSWORD_FILE", secret_target}};
    made.user = fmt::format("{0}:{0}", container_uid);
    made.hostname = "postgres";
    made.stop_signal = "SIGINT";
    made.stop_timeout = std::chrono::ceil<std::chrono::seconds>(spec_.stop_limit);
    made.mounts = {
        {.source = spec_.volume, .target = volume_layout(spec_.major).volume},
        {.type = engine::MountType::bind,
         .source = (spec_.secrets / "superuser").string(),
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
                      .memory = static_cast<std::int64_t>(spec_.memory_limit),
                      .cpus = spec_.cpu_limit,
                      .shm_size = shm_size};
    made.labels = {{label::project_id, spec_.project_id},
                   {label::project, spec_.project},
                   {label::directory, spec_.directory.string()},
                   {label::role, "postgres"},
                   {label::image_id, image.id},
                   {"com.docker.compose.project", spec_.project},
                   {"com.docker.compose.service", "postgres"},
                   {"com.docker.compose.oneoff", "False"},
                   {"com.docker.compose.container-number", "1"}};
    made.labels.emplace(label::spec, hash_of(made));
    return made;
}

/// Starts the container that is there, or another one in its place when the settings changed.
void ContainerServer::make_container(const StartHooks& hooks) {
    const auto tell = [&](const std::string& notice) {
        if (hooks.on_notice) hooks.on_notice(notice);
    };
    const BuiltImage image = ensure_image(
        client_, spec_, {.cache = spec_.cache, .on_notice = [&](std::string_view notice) {
                             tell(std::string(notice));
                         }});
    const auto old = find();
    const std::uint16_t port = hooks.choose_port(false);
    const engine::ContainerSpec wanted = container_spec(port, image);
    if (old && old->labels.contains(label::spec) &&
        old->labels.at(label::spec) == wanted.labels.at(label::spec)) {
        (void)engine::start_container(client_, spec_.container);
        return;
    }
    if (old) {
        tell(
            "The settings of the container or its image have changed: it is made again on the same "
            "volume.");
        (void)engine::remove_container(client_, spec_.container, true);
    }
    (void)engine::create_container(client_, wanted);
    (void)engine::start_container(client_, spec_.container);
}

StartResult ContainerServer::start(const StartHooks& hooks) {
    StartResult result;
    bool is_new_secret = false;
    const auto running = find();
    if (running && running->state == ContainerState::paused) {
        throw Error(ErrorKind::conflict, fmt::format("container \"{}\" is paused", spec_.container))
            .hint(fmt::format("Let it go on: {} unpause {}", runtime(), spec_.container));
    }
    if (!running || running->state != ContainerState::running) {
        result.started = true;
        is_new_secret = ensure_secret();
        result.created = ensure_volume();
        make_container(hooks);
    }
    const auto container = find();
    if (!container) {
        throw Error(
            ErrorKind::conflict,
            fmt::format("container \"{}\" was removed while it was started", spec_.container));
    }
    std::uint16_t port = 0;
    for (const engine::Port& published : container->ports) {
        if (published.container_port == server_port) port = published.host_port;
    }
    try {
        await_gate(port);
    } catch (const Error& error) {
        // The engine would start it again for ever; a timeout may be one of a slow recovery.
        if (result.started && error.kind() == ErrorKind::tool) (void)stop();
        throw;
    }
    if (is_new_secret && !result.created) repair_superuser();
    result.view = look();
    if (!result.view.pid_file) throw death(*container);
    return result;
}

Error ContainerServer::death(const Container& container) const {
    const std::string lines = mask_secrets(engine::log_tail(client_, container, 8));
    return Error(ErrorKind::tool,
                 fmt::format("the server in container \"{}\" {}{}{}",
                             spec_.container,
                             state_words(container),
                             lines.empty() ? "" : "; it wrote:\n",
                             trim(lines)))
        .hint(fmt::format("Read what it wrote: poststack logs"));
}

void ContainerServer::await_gate(std::uint16_t port) const {
    const auto deadline = sys::system_clock().now() + spec_.start_limit;
    auto next_look = sys::system_clock().now();
    for (;;) {
        const auto answer =
            pgfiles::probe(
                {.socket_directory = {}, .port = port}, superuser_name, superuser_name, 2s)
                .answer;
        if (answer == pgfiles::ProbeAnswer::accepting || answer == pgfiles::ProbeAnswer::refused ||
            answer == pgfiles::ProbeAnswer::too_many) {
            return;
        }
        const auto now = sys::system_clock().now();
        if (now >= next_look) {
            next_look = now + 200ms;
            const auto container = engine::find_container(client_, spec_.container);
            if (!container) {
                throw Error(
                    ErrorKind::conflict,
                    fmt::format("container \"{}\" was removed while it started", spec_.container));
            }
            // "restarting": the engine tries it again and again, which mends nothing.
            if (container->state != ContainerState::running &&
                container->state != ContainerState::created) {
                throw death(*container);
            }
            if (container->restarts > 0) throw death(*container);
        }
        if (now > deadline) {
            throw Error(ErrorKind::timeout,
                        fmt::format("the server in container \"{}\" does not accept sessions after "
                                    "{}",
                                    spec_.container,
                                    human_duration(spec_.start_limit)))
                .hint("Read what it wrote: poststack logs");
        }
        sys::system_clock().sleep(10ms);
    }
}

std::string_view ContainerServer::stop() {
    const auto container = find();
    if (!container || (container->state != ContainerState::running &&
                       container->state != ContainerState::restarting &&
                       container->state != ContainerState::paused)) {
        return "";
    }
    const auto limit = std::chrono::ceil<std::chrono::seconds>(spec_.stop_limit);
    (void)engine::stop_container(client_, spec_.container, limit);
    const auto ended = find();
    constexpr int killed = 137;
    return ended && ended->exit_code == killed ? "immediate" : "fast";
}

void ContainerServer::discard() {
    const auto container = find();
    if (container) (void)engine::remove_container(client_, container->id, false);
}

pg::ConnInfo ContainerServer::superuser_login(const ServerView& view) const {
    pg::ConnInfo login;
    login.host = "127.0.0.1";
    login.port = view.pid_file ? view.pid_file->port : server_port;
    login.user = superuser_name;
    login.password = Secret(std::string(trim(sys::read_file(spec_.secrets / "superuser", 4096))));
    login.database = "postgres";
    return login;
}

std::string ContainerServer::log_tail(std::size_t lines) const {
    const auto container = find();
    if (!container) return {};
    return engine::log_tail(client_, *container, static_cast<int>(lines));
}

BuiltImage ensure_image(const engine::Client& client,
                        const ContainerServerSpec& spec,
                        ImageOptions options) {
    std::string stamp = utc_timestamp(sys::system_clock().today());
    std::erase_if(stamp, [](char letter) { return letter == ':' || letter == '-'; });
    const fs::path path = spec.build_log / fmt::format("postgres-{}_{}.log", spec.major, stamp);
    std::optional<sys::RotatingFile> log;
    const auto on_line = options.on_line;
    options.on_line = [&](std::string_view line) {
        if (!log) {
            sys::make_directories(spec.build_log);
            log.emplace(path);
        }
        log->write_line(mask_secrets(line));
        if (on_line) on_line(line);
    };
    return with_context(
        [&] { return fmt::format("making the image for PostgreSQL {}", spec.major); },
        [&] { return build_postgres(client, spec.major, options); });
}

}  // namespace poststack::instance
