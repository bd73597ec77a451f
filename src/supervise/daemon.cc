#include "supervise/daemon.h"

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <grp.h>
#include <memory>
#include <optional>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "supervise/accounts.h"
#include "supervise/health.h"
#include "supervise/http_server.h"
#include "supervise/listeners.h"
#include "supervise/rpc.h"
#include "supervise/section.h"
#include "supervise/supervisor.h"
#include "supervise/trim.h"
#include "sys/env.h"
#include "sys/errno_error.h"
#include "sys/file.h"

namespace poststack::supervise {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

/// [supervisord] user=: we become that account for good.
void become_account(const DaemonConfig& daemon) {
    if (!daemon.user) return;
    const auto account = find_run_as(*daemon.user);
    if (!account) {
        throw_at(daemon.place,
                 fmt::format("\"user\" is \"{}\", which is no account here", *daemon.user));
    }
    if (account->uid == ::geteuid()) return;
    if (::geteuid() != 0) {
        throw Error(
            ErrorKind::denied,
            fmt::format("cannot become \"{}\": only root can change accounts", *daemon.user))
            .hint("Start as root, or take \"user\" out of [supervisord].");
    }
    if (::setgroups(account->groups.size(), account->groups.data()) < 0 ||
        ::setresgid(account->gid, account->gid, account->gid) < 0 ||
        ::setresuid(account->uid, account->uid, account->uid) < 0) {
        throw Error(ErrorKind::denied,
                    fmt::format("cannot become \"{}\": {}", *daemon.user, sys::errno_text(errno)));
    }
}

void raise_descriptors(std::int64_t wanted) noexcept {
    rlimit limit{};
    if (wanted <= 0 || ::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    const auto enough = static_cast<rlim_t>(wanted);
    if (limit.rlim_cur >= enough) return;
    limit.rlim_cur = std::min(enough, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// The loop and everything it owns, in the order it is torn down.
class Daemon {
  public:
    Daemon(const Config& config, const DaemonOptions& options)
        : options_(options),
          out_(poller_, STDOUT_FILENO),
          err_(poller_, STDERR_FILENO),
          journal_(err_),
          streams_(poller_) {
        out_.on_space([this] { streams_.resume(); });
        err_.on_space([this] { streams_.resume(); });
        poller_.watch_signals({SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR2},
                              [this](const signalfd_siginfo& info) { take_signal(info); });
        if (const int code = journal_.configure(config.daemon); code != 0) {
            sys::throw_errno("open the log file", config.daemon.logfile, code);
        }
        supervisor_.emplace(config,
                            Workshop{.poller = poller_,
                                     .journal = journal_,
                                     .streams = streams_,
                                     .out = out_,
                                     .err = err_,
                                     .environment = sys::environment()});
        supervisor_->observe([this](const Unit&, State) { is_settled_ = false; });
        listeners_.emplace(*supervisor_);
        make_rpc();
        open_servers(config);
        for (const Notice& notice : config.notices) {
            journal_.warn(fmt::format("{}: {}", notice.place.to_text(), notice.text));
        }
    }

    int run() noexcept {
        step([this] {
            listeners_->supervisor_changed("SUPERVISOR_STATE_CHANGE_RUNNING");
            supervisor_->boot(steady_clock::now());
        });
        while (!supervisor_->is_done()) {
            step([this] {
                rest();
                poller_.wait(deadline());
                const auto now = steady_clock::now();
                supervisor_->tick(now);
                settle_groups(now);
                listeners_->tick(now);
                rpc_->settle();
                tell_stopping();
                listeners_->deliver();
                out_.tick(now);
                err_.tick(now);
                out_.flush();
            });
        }
        step([this] { say_goodbye(); });
        return supervisor_->exit_code();
    }

    /// True when somebody asked for a new beginning (supervisorctl reload).
    [[nodiscard]] bool begins_anew() const noexcept { return begins_anew_; }

  private:
    /// Lack of memory, or a fault of ours, must not end what we look after.
    template <class Body>
    void step(const Body& body) noexcept {
        try {
            body();
        } catch (const std::exception& error) {
            try {
                journal_.say(Weight::error, error.what());
            } catch (const std::exception&) {
                return;  // deliberately quiet: there is no memory to say it with
            }
        }
    }

    void make_rpc() {
        rpc_.emplace(*supervisor_,
                     Rpc::Hooks{.reread = options_.reread,
                                .restart =
                                    [this] {
                                        begins_anew_ = true;
                                        supervisor_->begin_shutdown(nullptr, steady_clock::now());
                                    },
                                .communicate =
                                    [this](const std::string& type, const std::string& data) {
                                        listeners_->communicate(type, data);
                                    },
                                .group_changed =
                                    [this](const std::string& event, const std::string& group) {
                                        listeners_->group_changed(event, group);
                                    }});
    }

    void open_servers(const Config& config) {
        for (const ServerConfig& server : config.servers) {
            servers_.push_back(std::make_unique<HttpServer>(
                poller_, server, [this](const Request& request, Reply reply) {
                    serve_control(request, std::move(reply));
                }));
        }
        for (const auto& server : {config.health_socket, config.health_port}) {
            if (!server) continue;
            servers_.push_back(std::make_unique<HttpServer>(
                poller_, *server, [this](const Request& request, Reply reply) {
                    serve_health(*supervisor_, request, reply);
                }));
        }
    }

    void serve_control(const Request& request, Reply reply) {
        const std::string& target = request.head.target;
        if (request.head.method == "POST" && target == "/RPC2") {
            rpc_->handle(request.body, std::move(reply));
        } else if (target.starts_with("/logtail/") || target.starts_with("/mainlogtail")) {
            rpc_->tail(target, std::move(reply));
        } else {
            serve_health(*supervisor_, request, reply);
        }
    }

    void tell_stopping() {
        if (!supervisor_->is_stopping() || std::exchange(told_stopping_, true)) return;
        listeners_->supervisor_changed("SUPERVISOR_STATE_CHANGE_STOPPING");
    }

    [[nodiscard]] std::optional<Time> deadline() const noexcept {
        std::optional<Time> nearest = supervisor_->deadline();
        for (const auto& other : {out_.deadline(), err_.deadline(), listeners_->deadline()}) {
            if (other && (!nearest || *other < *nearest)) nearest = other;
        }
        return nearest;
    }

    /// When something has changed, and nothing is to be done for a while.
    void rest() {
        if (is_settled_) return;
        const auto next = deadline();
        if (next && *next - steady_clock::now() < 500ms) return;
        give_back_memory();
        is_settled_ = true;
    }

    void take_signal(const signalfd_siginfo& info) {
        const auto now = steady_clock::now();
        switch (static_cast<int>(info.ssi_signo)) {
            case SIGCHLD: reap(now); break;
            case SIGHUP: reload(now); break;
            case SIGUSR2:
                journal_.info("reopening the log files");
                supervisor_->reopen_logs();
                break;
            default:
                journal_.info(fmt::format("got {} from pid {}",
                                          signal_name(static_cast<int>(info.ssi_signo)),
                                          info.ssi_pid));
                supervisor_->take_stop_signal(static_cast<pid_t>(info.ssi_pid), now);
        }
    }

    /// Until there is none: several children may end behind one signal.
    void reap(Time now) {
        for (;;) {
            siginfo_t info{};
            if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0) return;
            const bool is_exit = info.si_code == CLD_EXITED;
            supervisor_->take_exit(
                info.si_pid, is_exit ? info.si_status : 0, is_exit ? 0 : info.si_status, now);
        }
    }

    /// HUP: only what has changed is stopped and started.
    void reload(Time now) {
        if (supervisor_->is_stopping()) return;
        try {
            apply(supervisor_->take_config(options_.reread()), now);
        } catch (const Error& error) {
            journal_.say(Weight::error, fmt::format("not reloaded: {}", error.what()));
        }
    }

    void apply(const ConfigChange& change, Time now) {
        journal_.info(fmt::format("reload: {} added, {} changed, {} removed",
                                  change.added.size(),
                                  change.changed.size(),
                                  change.removed.size()));
        std::vector<std::string> old = change.changed;
        old.insert(old.end(), change.removed.begin(), change.removed.end());
        std::vector<std::string> fresh = change.added;
        fresh.insert(fresh.end(), change.changed.begin(), change.changed.end());
        for (const std::string& name : old) {
            for (Unit* unit : supervisor_->group(name))
                supervisor_->stop(*unit, now);
        }
        leaving_.insert(leaving_.end(), old.begin(), old.end());
        coming_.insert(coming_.end(), fresh.begin(), fresh.end());
        settle_groups(now);
    }

    /// What has to stop first is taken out, and put in again, when it has.
    void settle_groups(Time now) {
        if (leaving_.empty() && coming_.empty()) return;
        std::erase_if(leaving_,
                      [this](const auto& name) { return supervisor_->remove_group(name); });
        std::erase_if(coming_, [&](const std::string& name) {
            const bool must_wait = std::ranges::find(leaving_, name) != leaving_.end();
            if (!must_wait) (void)supervisor_->add_group(name, now);
            return !must_wait;
        });
    }

    void say_goodbye() {
        const std::string verdict = supervisor_->verdict();
        journal_.info(fmt::format("{}; exit code {}", verdict, supervisor_->exit_code()));
        write_termination_log(verdict);
        supervisor_->remember(Memory::Exit{supervisor_->exit_code(), verdict}, steady_clock::now());
        const std::string& pidfile = supervisor_->config().daemon.pidfile;
        if (!pidfile.empty()) ::unlink(pidfile.c_str());
        for (const auto& unit : supervisor_->units()) {
            if (unit->stale_group > 0 && unit->config.kill_stale) {
                ::kill(-unit->stale_group, SIGKILL);
            }
        }
        out_.drain(2s);
        err_.drain(1s);
    }

    void write_termination_log(const std::string& verdict) {
        std::string path = supervisor_->config().daemon.termination_log;
        if (path.empty() && ::access("/dev/termination-log", W_OK) == 0) {
            path = "/dev/termination-log";
        }
        if (path.empty()) return;
        const sys::UniqueFd file(
            ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644));
        if (!file) return;
        const std::string line =
            fmt::format("exit code {}: {}\n", supervisor_->exit_code(), verdict);
        [[maybe_unused]] const ssize_t written = ::write(file.get(), line.data(), line.size());
    }

    DaemonOptions options_;
    sys::Poller poller_;
    Outlet out_;
    Outlet err_;
    Journal journal_;
    Streams streams_;
    std::optional<Supervisor> supervisor_;
    std::optional<Listeners> listeners_;
    std::optional<Rpc> rpc_;
    std::vector<std::unique_ptr<HttpServer>> servers_;
    bool begins_anew_ = false;
    bool is_settled_ = false;
    bool told_stopping_ = false;
    std::vector<std::string> leaving_;
    std::vector<std::string> coming_;
};

void write_pidfile(const DaemonConfig& daemon) {
    if (daemon.pidfile.empty()) return;
    sys::replace_file(
        daemon.pidfile, fmt::format("{}\n", ::getpid()), {.mode = 0644, .sync = false});
}

/// The same program with the same arguments and the same pid.
void begin_anew(std::vector<std::string> argv) {
    std::vector<char*> words;
    for (std::string& word : argv)
        words.push_back(word.data());
    words.push_back(nullptr);
    ::execv("/proc/self/exe", words.data());
}

}  // namespace

int run_daemon(const Config& config, const DaemonOptions& options) {
    const DaemonConfig& daemon = config.daemon;
    (void)::signal(SIGPIPE, SIG_IGN);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans come to us, not to a process above
    raise_descriptors(daemon.minfds);
    if (daemon.umask) ::umask(*daemon.umask);
    become_account(daemon);
    if (daemon.directory && ::chdir(daemon.directory->c_str()) < 0) {
        sys::throw_errno("enter", *daemon.directory);
    }
    auto loop = std::make_unique<Daemon>(config, options);
    write_pidfile(daemon);
    const int code = loop->run();
    if (!loop->begins_anew()) return code;
    loop.reset();
    begin_anew(options.argv);
    return 70;
}

}  // namespace poststack::supervise
