// The first half of a program's run: logs, what it waits for, launch, gate and probes.
#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "pgfiles/data_identity.h"
#include "supervise/launch.h"
#include "supervise/supervisor.h"
#include "sys/errno_error.h"
#include "sys/file.h"

namespace poststack::supervise {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_again{10};
constexpr milliseconds stale_patience{500};
constexpr milliseconds lock_patience{30'000};

std::string log_directory(const Config& config, const Workshop& workshop) {
    if (!config.daemon.childlogdir.empty()) return config.daemon.childlogdir;
    const auto found = workshop.environment.find("TMPDIR");
    return found != workshop.environment.end() ? found->second : "/tmp";
}

/// Tries to take the lock of a data directory: beside it, as every launcher of poststack does, or
/// within it where its parent cannot be written to (a volume mounted on the data directory itself).
std::optional<sys::FileLock> take_lock(const std::string& pgdata, bool& is_held) {
    const std::filesystem::path beside = pgfiles::lock_path(pgdata);
    for (const std::filesystem::path& path :
         {beside, std::filesystem::path(pgdata) / "poststack.lock"}) {
        try {
            auto lock = sys::FileLock::try_acquire(path);
            is_held = !lock.has_value();
            return lock;
        } catch (const Error&) {
            continue;
        }
    }
    return std::nullopt;
}

}  // namespace

void Supervisor::add_unit(const ProgramConfig& program) {
    auto unit = std::make_unique<Unit>(program);
    if (program.user) {
        unit->run_as = find_run_as(*program.user);
        if (!unit->run_as) {
            throw_at(program.place,
                     fmt::format("\"user\" of \"{}\" is \"{}\", which is no account here",
                                 unit->name,
                                 *program.user));
        }
        // Not root: "user" can only say what is so already.
        if (::geteuid() != 0 && unit->run_as->uid != ::geteuid()) {
            throw_at(program.place,
                     fmt::format("\"user\" of \"{}\" is \"{}\", but only root can change accounts",
                                 unit->name,
                                 *program.user));
        }
        if (::geteuid() != 0) unit->run_as->groups.clear();
    }
    open_logs(*unit);
    remind(*unit);
    units_.push_back(std::move(unit));
}

std::shared_ptr<ProgramLog> Supervisor::make_log(const Unit& unit,
                                                 const LogTarget& target,
                                                 const std::string& stream,
                                                 std::string& path) const {
    Outlet* outlet = nullptr;
    std::unique_ptr<LogFile> file;
    if (target.kind == LogTarget::Kind::own_stdout) outlet = &workshop_.out;
    if (target.kind == LogTarget::Kind::own_stderr) outlet = &workshop_.err;
    if (target.kind == LogTarget::Kind::file) path = target.path;
    if (target.kind == LogTarget::Kind::automatic) {
        path = fmt::format("{}/{}-{}---{}-{}.log",
                           log_directory(config_, workshop_),
                           unit.config.name,
                           stream,
                           config_.daemon.identifier,
                           ::getpid());
    }
    if (!path.empty()) {
        file = std::make_unique<LogFile>(path, target.max_bytes, target.backups);
        file->on_trouble([this, name = unit.name, stream](int code, std::uint64_t lost) {
            if (code != 0) {
                workshop_.journal.say(
                    Weight::error,
                    fmt::format("the {} log of \"{}\" cannot be written: {}; its lines are lost",
                                stream,
                                name,
                                sys::errno_text(code)));
            } else {
                workshop_.journal.info(
                    fmt::format("the {} log of \"{}\" is written again; {} bytes were lost so far",
                                stream,
                                name,
                                lost));
            }
        });
        if (const int code = file->open(); code != 0) {
            if (target.kind == LogTarget::Kind::file) {
                sys::throw_errno(
                    fmt::format("open the {} log of \"{}\"", stream, unit.name), path, code);
            }
            // A read-only root has no place for it: then it is seen where we are seen.
            file.reset();
            path.clear();
            outlet = stream == "stdout" ? &workshop_.out : &workshop_.err;
        }
    }
    auto log = std::make_shared<ProgramLog>(LogNames{unit.name, stream, unit.config.is_postgres},
                                            config_.daemon.log_format,
                                            std::move(file),
                                            outlet);
    log->strip_ansi(config_.daemon.strip_ansi);
    return log;
}

void Supervisor::open_logs(Unit& unit) {
    unit.out = make_log(unit, unit.config.stdout_log, "stdout", unit.out_path);
    unit.err = unit.config.redirect_stderr
                   ? unit.out
                   : make_log(unit, unit.config.stderr_log, "stderr", unit.err_path);
    if (!unit.config.is_postgres) return;
    Unit* const owner = &unit;  // the logs die with their unit
    const auto hook = [owner](std::string_view line) {
        if (owner->gate) owner->gate->take_line(line);
    };
    unit.out->on_line(hook);
    unit.err->on_line(hook);
}

bool Supervisor::are_dependencies_met(const Unit& unit) const noexcept {
    return std::ranges::all_of(unit.config.depends_on, [this](const std::string& name) {
        const auto found =
            std::ranges::find_if(units_, [&](const auto& other) { return other->name == name; });
        return found == units_.end() || (*found)->is_satisfied();
    });
}

void Supervisor::want_start(Unit& unit, Time now) {
    if (is_stopping()) return;
    unit.wanted = true;
    unit.restart = false;
    for (const std::string& name : unit.config.depends_on) {
        for (const auto& other : units_) {
            // What is needed is started too, as the one that needs it cannot be.
            if (other->name == name && !other->is_satisfied() && !other->wanted) {
                want_start(*other, now);
            }
        }
    }
    if (!are_dependencies_met(unit)) return;
    const State from = unit.state();
    act(unit, unit.life.want_start(now), from, now);
}

void Supervisor::release_held(Time now) {
    if (is_stopping()) return;
    for (const auto& unit : units_) {
        const bool waits = unit->wanted && !unit->is_alive() && !unit->succeeded &&
                           (unit->state() == State::stopped || unit->state() == State::exited) &&
                           unit->last.reason != Reason::exited;
        if (!waits || !are_dependencies_met(*unit)) continue;
        const State from = unit->state();
        act(*unit, unit->life.want_start(now), from, now);
    }
}

bool Supervisor::is_group_gone(Unit& unit, Time now) {
    if (unit.stale_group <= 0 || !unit.config.kill_stale) return true;
    if (::kill(-unit.stale_group, 0) < 0) {
        unit.stale_group = 0;
        unit.stale_kill.reset();
        return true;
    }
    if (!unit.stale_kill) {
        workshop_.journal.info(
            fmt::format("\"{}\" left processes behind: they are ended", unit.name));
        ::kill(-unit.stale_group, SIGTERM);
        unit.stale_kill = now + stale_patience;
    } else if (now >= *unit.stale_kill) {
        ::kill(-unit.stale_group, SIGKILL);
    }
    return false;
}

bool Supervisor::is_clear(Unit& unit, Time now, sys::UniqueFd& lock) {
    if (!is_group_gone(unit, now)) return false;
    if (unit.config.pgdata.empty() || !unit.config.is_postgres) return true;
    bool is_held = false;
    if (auto taken = take_lock(unit.config.pgdata, is_held)) {
        lock = sys::UniqueFd(::fcntl(taken->fd(), F_DUPFD_CLOEXEC, 3));
        return true;
    }
    return !is_held;
}

std::vector<std::string> Supervisor::variables_of(Unit& unit) const {
    std::map<std::string, std::string> all = workshop_.environment;
    all.erase("NOTIFY_SOCKET");
    if (unit.run_as && !unit.run_as->name.empty()) {
        all["HOME"] = unit.run_as->home;
        all["USER"] = all["LOGNAME"] = unit.run_as->name;
    }
    all.insert_or_assign("SUPERVISOR_ENABLED", std::string(1, '1'));
    all["SUPERVISOR_PROCESS_NAME"] = unit.config.name;
    all["SUPERVISOR_GROUP_NAME"] = unit.config.group;
    if (!unit.config.serverurl.empty() && unit.config.serverurl != "AUTO") {
        all["SUPERVISOR_SERVER_URL"] = unit.config.serverurl;
    } else if (!config_.servers.empty()) {
        const ServerConfig& server = config_.servers.front();
        all["SUPERVISOR_SERVER_URL"] = server.path.empty()
                                           ? fmt::format("http://127.0.0.1:{}", server.port)
                                           : fmt::format("unix://{}", server.path);
    }
    const Check::Kind kind = unit.config.ready.kind;
    if (kind == Check::Kind::notify || kind == Check::Kind::postgres) {
        unit.notify = open_notify_socket(unit.notify_address);
        if (unit.notify) all["NOTIFY_SOCKET"] = unit.notify_address;
    }
    for (const auto& [key, value] : unit.config.environment)
        all[key] = value;
    std::vector<std::string> entries;
    entries.reserve(all.size());
    for (const auto& [key, value] : all)
        entries.push_back(fmt::format("{}={}", key, value));
    return entries;
}

void Supervisor::fail_spawn(Unit& unit, std::string why, Time now) {
    unit.spawn_error = std::move(why);
    unit.spawn_pending = false;
    unit.spawn_due.reset();
    unit.last = {.reason = Reason::not_run, .code = 0, .signal = 0};
    workshop_.journal.warn(fmt::format("\"{}\": {}", unit.name, unit.spawn_error));
    const State from = unit.state();
    act(unit, unit.life.ended(Ending::failed, now), from, now);
}

void Supervisor::spawn(Unit& unit, Time now) {
    sys::UniqueFd lock;
    if (!unit.spawn_pending) unit.pending_since = now;
    if (!is_clear(unit, now, lock)) {
        unit.spawn_pending = true;
        unit.spawn_due = now + look_again;
        if (now - unit.pending_since > lock_patience) {
            fail_spawn(
                unit, fmt::format("\"{}\" is still held by others", unit.config.pgdata), now);
        }
        return;
    }
    unit.spawn_pending = false;
    unit.spawn_due.reset();
    LaunchPlan plan;
    plan.argv = unit.config.argv;
    plan.variables = variables_of(unit);
    plan.directory = unit.config.directory;
    plan.umask = unit.config.umask;
    plan.run_as = unit.run_as;
    plan.keep_fd = lock ? lock.get() : -1;
    const auto program = find_executable(plan.argv.front(), plan.variables);
    if (!program) {
        fail_spawn(unit, to_text({LaunchStage::find, ENOENT}, plan), now);
        return;
    }
    plan.program = *program;
    const sys::UniqueFd out = workshop_.streams.open(unit.out);
    const sys::UniqueFd err =
        unit.config.redirect_stderr ? sys::UniqueFd() : workshop_.streams.open(unit.err);
    int ends[2] = {-1, -1};
    const bool piped = ::pipe2(ends, O_CLOEXEC) == 0;
    const sys::UniqueFd input(ends[0]);
    unit.stdin_pipe = sys::UniqueFd(ends[1]);
    if (!piped || !out || (!err && !unit.config.redirect_stderr)) {
        fail_spawn(unit, to_text({LaunchStage::descriptors, errno}, plan), now);
        return;
    }
    ::fcntl(unit.stdin_pipe.get(), F_SETFL, O_NONBLOCK);
    if (unit.run_as) {
        // So that the program may open /dev/stdout and /dev/stderr anew.
        [[maybe_unused]] const int given =
            ::fchown(out.get(), unit.run_as->uid, unit.run_as->gid) +
            (err ? ::fchown(err.get(), unit.run_as->uid, unit.run_as->gid) : 0);
    }
    plan.stdin_fd = input.get();
    plan.stdout_fd = out.get();
    plan.stderr_fd = err ? err.get() : out.get();
    Launched launched = launch(plan);
    if (launched.pid < 0) {
        fail_spawn(unit, to_text({LaunchStage::fork, launched.code}, plan), now);
        return;
    }
    unit.pid = launched.pid;
    unit.report = std::move(launched.report);
    unit.spawn_error.clear();
    ++unit.starts;
    unit.started = now;
    unit.started_at = std::chrono::system_clock::now();
    unit.killed_late = false;
    unit.last_resort.reset();
    unit.stop_reason = Reason::none;
    unit.life.began(now);
    for (const std::string& name : unit.config.depends_on) {
        for (const auto& other : units_) {
            if (other->name == name) unit.saw[name] = other->ready_count;
        }
    }
    workshop_.journal.info(fmt::format("spawned \"{}\" pid={}", unit.name, unit.pid));
    watch_run(unit,
              {.variables = std::move(plan.variables),
               .directory = plan.directory,
               .run_as = plan.run_as,
               .pgdata = unit.config.pgdata});
}

void Supervisor::watch_run(Unit& unit, CheckFrame frame) {
    Unit* const owner = &unit;
    if (unit.has_gate()) {
        if (unit.config.ready_timeout.count() > 0) {
            unit.ready_due = unit.started + unit.config.ready_timeout;
        }
        unit.gate = std::make_unique<Gate>(
            workshop_.poller,
            unit.config.ready,
            frame,
            unit.pid,
            std::move(unit.notify),
            [this, owner](bool open, const std::string& why) {
                set_ready(*owner, open, why, std::chrono::steady_clock::now());
            });
    }
    if (!Probes::are_wanted(unit.config)) return;
    unit.probes = std::make_unique<Probes>(
        workshop_.poller,
        unit.config,
        std::move(frame),
        !unit.has_gate() || unit.ready,
        Probes::Callbacks{
            .failed =
                [this, owner](Probes::Which which, const std::string& why) {
                    const bool is_startup = which == Probes::Which::startup;
                    workshop_.journal.warn(fmt::format("\"{}\" failed its {} probe: {}",
                                                       owner->name,
                                                       is_startup ? "startup" : "liveness",
                                                       why));
                    restart_for(*owner,
                                is_startup ? Reason::startup_probe : Reason::liveness_probe,
                                std::chrono::steady_clock::now());
                },
            .readiness_changed =
                [this, owner](bool ready, const std::string& why) {
                    workshop_.journal.info(fmt::format(
                        "\"{}\" is {}ready: {}", owner->name, ready ? "" : "not ", why));
                }});
}

}  // namespace poststack::supervise
