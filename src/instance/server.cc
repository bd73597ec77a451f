#include "instance/server.h"

#include <csignal>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "instance/port.h"
#include "pgfiles/resources.h"
#include "pgfiles/server_conf.h"
#include "sys/act_as.h"
#include "sys/clock.h"
#include "sys/errno_error.h"
#include "sys/file.h"
#include "sys/net.h"
#include "sys/process.h"
#include "sys/signal.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Moment = std::chrono::steady_clock::time_point;

ServerState state_of(const pgfiles::PostmasterPid& file) {
    if (file.status == "ready" || file.status == "standby") return ServerState::running;
    if (file.status == "stopping") return ServerState::stopping;
    return ServerState::starting;
}

/// Short sleeps while a start can be a matter of milliseconds, longer ones later.
void pause(Moment began) {
    const auto waited = sys::system_clock().now() - began;
    sys::system_clock().sleep(waited < 500ms ? 1ms : 10ms);
}

/// A pid that another program got meanwhile would make postgres refuse; a dead one it handles, and
/// better (it looks for orphans that still use the shared memory).
void remove_reused_pid_file(const fs::path& data) {
    const auto file = pgfiles::find_postmaster_pid(data);
    if (!file || !sys::is_alive(file->pid) || pgfiles::is_postmaster_alive(*file, data)) return;
    sys::remove_file(data / "postmaster.pid");
}

std::string last_lines(std::string_view text, std::size_t count) {
    while (text.ends_with('\n'))
        text.remove_suffix(1);
    std::size_t at = text.size();
    while (count > 0 && at != std::string_view::npos && at > 0) {
        at = text.rfind('\n', at - 1);
        --count;
    }
    return std::string(at == std::string_view::npos || at == 0 ? text : text.substr(at + 1));
}

std::string read_log(const fs::path& path, std::uint64_t from) {
    try {
        std::string text = sys::find_file(path).value_or("");
        return from < text.size() ? text.substr(from) : text;
    } catch (const Error&) {
        return {};  // the log only explains; its absence must not hide the failure itself
    }
}

}  // namespace

std::string_view name(ServerState state) noexcept {
    switch (state) {
        case ServerState::absent: return "not created";
        case ServerState::stopped: return "stopped";
        case ServerState::starting: return "starting";
        case ServerState::running: return "running";
        case ServerState::stopping: return "stopping";
    }
    return "unknown";
}

NativeServer::NativeServer(ServerSpec spec, Launcher& launcher)
    : spec_(std::move(spec)), launcher_(launcher) {}

NativeServer::~NativeServer() = default;

ServerView NativeServer::look() const {
    const fs::path& data = spec_.place.data;
    ServerView view;
    view.data_major = pgfiles::find_data_version(data);
    if (!view.data_major) return view;
    view.state = ServerState::stopped;
    view.identity = pgfiles::find_identity(data);
    auto file = pgfiles::find_postmaster_pid(data);
    if (!file || !pgfiles::is_postmaster_alive(*file, data)) return view;
    view.state = state_of(*file);
    view.pid_file = std::move(file);
    return view;
}

ServerView NativeServer::wait_for_gate(pid_t pid) const {
    const Moment began = sys::system_clock().now();
    for (;;) {
        ServerView view = look();
        if (view.state == ServerState::running) return view;
        if (!view.pid_file || view.pid_file->pid != pid) return view;
        if (sys::system_clock().now() - began > spec_.start_limit) {
            throw Error(ErrorKind::timeout,
                        fmt::format("the server (pid {}) is still {} after {}",
                                    pid,
                                    name(view.state),
                                    human_duration(spec_.start_limit)))
                .hint("Look at its log: poststack logs")
                .retryable();
        }
        pause(began);
    }
}

StartResult NativeServer::start(const StartHooks& hooks) {
    StartResult result;
    result.view = look();
    if (result.view.state == ServerState::starting) {
        result.view = wait_for_gate(result.view.pid_file->pid);
    }
    if (result.view.state == ServerState::running) {
        if (is_unsynced(spec_.place)) sync_ = std::make_unique<BackgroundSync>(spec_.place);
        return result;
    }
    if (result.view.state == ServerState::stopping) {
        (void)sys::wait_gone(result.view.pid_file->pid, spec_.stop_limit);
        result.view = look();
    }
    const Binaries binaries = [&] {
        BinariesQuery query = spec_.binaries;
        if (result.view.data_major) query.major = result.view.data_major;  // data decides
        if (spec_.place.switch_account) query.account = spec_.place.account;
        const sys::ActAs as(spec_.place.account);
        return find_binaries(query, spec_.place.cache);
    }();
    prepare(spec_.place);
    const sys::FileLock lock = [&] {
        const sys::ActAs as(spec_.place.account);
        return pgfiles::lock_data(spec_.place.data, spec_.lock_limit);
    }();
    result.adoption = adopt_data(spec_.place, spec_.owner, hooks.on_set_aside);
    if (result.adoption == Adoption::none) {
        const InitdbPlan plan = plan_initdb(binaries, spec_.initdb);
        template_ = create_data(binaries, plan, spec_.place, spec_.owner, hooks.on_template);
        result.created = true;
    }
    const std::uint16_t port = hooks.choose_port(result.adoption == Adoption::copied);
    launch(binaries, port, lock.fd());
    result.started = true;
    result.view = look();
    return result;
}

void NativeServer::launch(const Binaries& binaries, std::uint16_t port, int lock_fd) {
    const auto identity = pgfiles::find_identity(spec_.place.data);
    if (!identity) throw Error(ErrorKind::bug, "a data directory without identity is launched");
    const fs::path sockets = make_socket_directory(spec_.place, identity->instance_id);
    {
        const sys::ActAs as(spec_.place.account);
        write_conf();
        remove_reused_pid_file(spec_.place.data);
    }
    const auto log = sys::find_info(spec_.place.log_file());
    const std::uint64_t log_start = log ? log->size : 0;
    if (is_unsynced(spec_.place)) sync_ = std::make_unique<BackgroundSync>(spec_.place);
    // On the command line, because these must hold whatever ALTER SYSTEM says.
    LaunchedServer server =
        launcher_.launch({.binaries = binaries,
                          .place = spec_.place,
                          .settings = {{"port", std::to_string(port)},
                                       {"listen_addresses", spec_.listen_addresses},
                                       {"unix_socket_directories", sockets.string()},
                                       {"unix_socket_permissions", "0700"}},
                          .lock_fd = lock_fd});
    await_gate(server, log_start, port);
    server.release();
}

void NativeServer::write_conf() const {
    pgfiles::Resources resources = pgfiles::find_resources();
    if (spec_.memory_limit) {
        resources.memory = *spec_.memory_limit;
        resources.memory_is_limit = true;
    }
    if (spec_.cpu_limit) resources.cpus = std::min(resources.cpus, *spec_.cpu_limit);
    const std::string text = pgfiles::render_server_conf(
        pgfiles::tune(resources, spec_.max_connections), spec_.extra_settings);
    const fs::path path = spec_.place.data / pgfiles::server_conf_name;
    // In a new data directory it is synced with everything else.
    const bool sync = !is_unsynced(spec_.place);
    if (sys::find_file(path).value_or("") != text) sys::replace_file(path, text, {.sync = sync});
}

void NativeServer::await_gate(LaunchedServer& server,
                              std::uint64_t log_start,
                              std::uint16_t port) const {
    const Moment began = sys::system_clock().now();
    try {
        for (;;) {
            const auto file = pgfiles::find_postmaster_pid(spec_.place.data);
            // A file left by an earlier server says "ready" too: only our own pid counts.
            if (file && file->pid == server.pid() && state_of(*file) == ServerState::running)
                return;
            if (server.try_wait()) throw death(server, log_start, port);
            if (sys::system_clock().now() - began > spec_.start_limit) {
                throw Error(ErrorKind::timeout,
                            fmt::format("the server did not accept sessions within {}: {}",
                                        human_duration(spec_.start_limit),
                                        last_lines(read_log(spec_.place.log_file(), log_start), 5)))
                    .hint("Raise start_timeout, or look at its log: poststack logs");
            }
            pause(began);
        }
    } catch (...) {
        server.stop(10s);  // nobody is to find a server that no command stands for
        throw;
    }
}

Error NativeServer::death(LaunchedServer& server,
                          std::uint64_t log_start,
                          std::uint16_t port) const {
    server.await_log();
    const std::string lines = last_lines(read_log(spec_.place.log_file(), log_start), 10);
    if (!sys::is_port_free(port)) return port_taken(port);
    return Error(ErrorKind::tool,
                 fmt::format("the server ended while starting ({}); its last lines:\n{}",
                             server.try_wait().value_or(sys::ExitStatus{}).to_text(),
                             lines))
        .hint(fmt::format("The whole log is in \"{}\".", spec_.place.log_file().string()));
}

void NativeServer::finish_sync() {
    if (sync_) sync_->finish();
    sync_.reset();
}

void NativeServer::finish_template() {
    if (template_) template_->wait();
    template_.reset();
}

void NativeServer::settle_sync() const {
    if (is_unsynced(spec_.place)) BackgroundSync(spec_.place).finish();
}

std::string_view NativeServer::stop() {
    const ServerView view = look();
    if (!view.pid_file) return "";
    const pid_t pid = view.pid_file->pid;
    const auto send = [&](int number) {
        if (::kill(pid, number) == 0 || errno == ESRCH) return;
        throw Error(ErrorKind::denied,
                    fmt::format("cannot stop the server (pid {}): {}", pid, sys::errno_text(errno)))
            .hint("Run the command as the user who started it.");
    };
    std::string_view how = "fast";
    send(SIGINT);
    if (!sys::wait_gone(pid, spec_.stop_limit / 2)) {
        how = "immediate";
        send(SIGQUIT);
        if (!sys::wait_gone(pid, spec_.stop_limit / 2)) {
            throw Error(ErrorKind::timeout,
                        fmt::format("the server (pid {}) did not stop within {}",
                                    pid,
                                    human_duration(spec_.stop_limit)))
                .hint("Look at its log: poststack logs");
        }
    }
    // Only when it is empty, and only ours: the next start makes it again.
    std::error_code ignored;
    if (view.pid_file->socket_directory.parent_path() == spec_.place.socket_parent) {
        fs::remove(view.pid_file->socket_directory, ignored);
    }
    settle_sync();
    return how;
}

pg::ConnInfo NativeServer::superuser_login(const ServerView& view) const {
    if (!view.pid_file) throw Error(ErrorKind::bug, "superuser login of a server that is not up");
    pg::ConnInfo info;
    info.host = view.pid_file->socket_directory.string();
    info.port = view.pid_file->port;
    info.user = superuser;
    info.database = "postgres";
    return info;
}

std::string NativeServer::log_tail(std::size_t lines) const {
    return last_lines(read_log(spec_.place.log_file(), 0), lines);
}

}  // namespace poststack::instance
