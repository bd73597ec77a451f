#include "instance/container_server.h"

#include <ctime>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/exec.h"
#include "engine/storage.h"
#include "instance/labels.h"
#include "instance/template_cache.h"
#include "pgfiles/startup_probe.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/private_file.h"
#include "sys/random.h"
#include "sys/user.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
using engine::Container;
using engine::ContainerState;
using namespace std::chrono_literals;

/// Seconds since 1970 of "2026-11-28T14:00:19.78Z"; now for what is no time.
std::chrono::system_clock::time_point parse_time(const std::string& text) {
    std::tm parts{};
    if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) {
        return sys::system_clock().today();
    }
    return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

}  // namespace

std::optional<Container> ContainerServer::find() const {
    auto container = engine::find_container(client_, spec_.container);
    if (!container) return std::nullopt;
    if (is_own(container->labels)) return container;
    const auto directory = container->labels.find(label::directory);
    throw Error(ErrorKind::conflict,
                fmt::format("container \"{}\" belongs to {}",
                            spec_.container,
                            directory == container->labels.end()
                                ? std::string("somebody else")
                                : fmt::format("the project in {}", directory->second)))
        .hint(
            "Give this project another name (COMPOSE_PROJECT_NAME in .env), or its container alone "
            "(the setting postgres_container_name).");
}

bool ContainerServer::is_own(const std::map<std::string, std::string>& labels) const {
    const auto owner = labels.find(label::project_id);
    return owner != labels.end() && !spec_.project_id.empty() &&
           owner->second == spec_.project_id && !instance::find_original(spec_, labels);
}

std::optional<fs::path> ContainerServer::find_original() const {
    if (spec_.project_id.empty()) return std::nullopt;
    const std::string wanted = fmt::format("{}={}", label::project_id, spec_.project_id);
    for (const engine::Volume& volume : engine::list_volumes(client_, wanted)) {
        if (auto original = instance::find_original(spec_, volume.labels)) return original;
    }
    return std::nullopt;
}

ServerView ContainerServer::look() const {
    ServerView view;
    const auto container = find();
    if (!container) {
        const auto volume = engine::find_volume(client_, spec_.volume);
        const bool ours = volume && is_own(volume->labels);
        view.state = ours ? ServerState::stopped : ServerState::absent;
        return view;
    }
    view.state = ServerState::stopped;
    if (container->state != ContainerState::running) return view;
    pgfiles::PostmasterPid running;
    running.pid = container->pid;
    running.started = parse_time(container->started.value_or(""));
    running.port = published_port(*container);
    const auto answer =
        pgfiles::probe({.socket_directory = {}, .port = running.port}, superuser, superuser, 2s)
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
    const fs::path file = superuser_file(spec_);
    sys::make_directories(spec_.secrets, 0700);
    if (sys::find_info(file)) return false;
    const Secret password = sys::random_alphanumeric(32);
    sys::ReplaceOptions options{.mode = 0444};
    if (sys::is_root()) options = {.mode = 0400, .owner = sys::Owner{server_uid, server_uid}};
    (void)sys::create_file(file, password.reveal(), options);
    return true;
}

/// The volume knows another password than the file, which was lost: the server's own account, which
/// enters through the socket, sets the new one.
void ContainerServer::repair_superuser() const {
    const std::string password = sys::read_file(superuser_file(spec_), 4096);
    const engine::ExecResult result = engine::run_inside(
        client_,
        {.container = spec_.container,
         .command = {"psql",
                     "--no-psqlrc",
                     "--quiet",
                     "--set",
                     "ON_ERROR_STOP=1",
                     "--username",
                     std::string(superuser),
                     "--dbname",
                     "postgres"},
         // Letters and digits alone: ensure_secret() made it.
         .input = fmt::format("ALTER ROLE {} PASSWORD '{}';\n", superuser, password)});
    if (result.exit_code != 0) {
        throw Error(ErrorKind::tool,
                    fmt::format("cannot give the superuser a new password: {}",
                                mask_secrets(trim(result.errors))));
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
    login.user = superuser;
    login.password = Secret(std::string(trim(sys::read_file(superuser_file(spec_), 4096))));
    login.database = "postgres";
    return login;
}

std::string ContainerServer::log_tail(std::size_t lines) const {
    const auto container = find();
    if (!container) return {};
    return engine::log_tail(client_, *container, static_cast<int>(lines));
}

}  // namespace poststack::instance
