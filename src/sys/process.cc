// Starting a child: everything is made ready before fork(2), the child makes async-signal-safe
// calls alone, and reports a failure as {stage, errno} over a pipe that a successful exec closes.
#include "sys/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <map>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "sys/child.h"
#include "sys/env.h"
#include "sys/errno_error.h"

namespace poststack::sys {
namespace {

enum class Stage : int { descriptors, session, user, directory, exec };

struct Failure {
    Stage stage;
    int code;
};

/// A ProcessPlan as the child needs it: pointers into memory that exists before the fork.
struct ChildPlan {
    const char* program = nullptr;
    char* const* argv = nullptr;
    char* const* envp = nullptr;
    const char* directory = nullptr;
    std::array<int, 3> standard_fds{};
    const std::vector<int>* keep_fds = nullptr;
    bool new_session = false;
    std::optional<mode_t> umask;
    bool change_user = false;
    uid_t uid = 0;
    gid_t gid = 0;
    const std::vector<gid_t>* groups = nullptr;
    int report_fd = -1;
};

[[noreturn]] void fail(int report_fd, Stage stage) noexcept {
    const Failure failure{stage, errno};
    [[maybe_unused]] const ssize_t sent = ::write(report_fd, &failure, sizeof failure);
    ::_exit(127);
}

void set_descriptors(const ChildPlan& plan) noexcept {
    if (!place_descriptors(plan.standard_fds)) fail(plan.report_fd, Stage::descriptors);
    for (const int fd : *plan.keep_fds) {
        if (::fcntl(fd, F_SETFD, 0) < 0) fail(plan.report_fd, Stage::descriptors);
    }
}

void become_user(const ChildPlan& plan) noexcept {
    if (!plan.change_user) return;
    if (::setgroups(plan.groups->size(), plan.groups->data()) < 0 ||
        ::setresgid(plan.gid, plan.gid, plan.gid) < 0 ||
        ::setresuid(plan.uid, plan.uid, plan.uid) < 0) {
        fail(plan.report_fd, Stage::user);
    }
}

/// The child's whole life on our side of exec.
[[noreturn]] void become(const ChildPlan& plan) noexcept {
    set_descriptors(plan);
    if (plan.new_session && ::setsid() < 0) fail(plan.report_fd, Stage::session);
    if (plan.umask) ::umask(*plan.umask);
    become_user(plan);
    if (plan.directory != nullptr && ::chdir(plan.directory) < 0) {
        fail(plan.report_fd, Stage::directory);
    }
    reset_signals();
    ::execve(plan.program, plan.argv, plan.envp);
    fail(plan.report_fd, Stage::exec);
}

bool is_kept_when_clean(const std::string& name) {
    constexpr std::array<std::string_view, 5> kept{"PATH", "HOME", "LANG", "TZ", "TERM"};
    return name.starts_with("LC_") || std::ranges::find(kept, name) != kept.end();
}

std::vector<std::string> child_environment(const ProcessPlan& plan) {
    std::map<std::string, std::string> variables = environment();
    if (plan.clean_environment) {
        std::erase_if(variables,
                      [](const auto& entry) { return !is_kept_when_clean(entry.first); });
    }
    if (plan.account) {
        variables["HOME"] = plan.account->home.native();
        variables["USER"] = plan.account->name;
        variables["LOGNAME"] = plan.account->name;
    }
    for (const std::string& name : plan.unset)
        variables.erase(name);
    for (const auto& [name, value] : plan.environment)
        variables[name] = value;
    std::vector<std::string> entries;
    entries.reserve(variables.size());
    for (const auto& [name, value] : variables)
        entries.push_back(fmt::format("{}={}", name, value));
    return entries;
}

std::vector<char*> to_pointers(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

std::string resolve_program(const std::string& name) {
    if (name.find('/') != std::string::npos) return name;
    const auto path = find_program(name);
    if (!path)
        throw Error(ErrorKind::not_found, fmt::format("program \"{}\" is not in PATH", name));
    return path->native();
}

[[noreturn]] void throw_failure(const Failure& failure, const ProcessPlan& plan) {
    const std::string& program = plan.argv.front();
    const std::string run = fmt::format("run \"{}\"", program);
    const std::string reason = errno_text(failure.code);
    const ErrorKind kind =
        failure.code == EACCES || failure.code == EPERM ? ErrorKind::denied : ErrorKind::io;
    switch (failure.stage) {
        case Stage::directory: throw_errno(run + " in directory", *plan.directory, failure.code);
        case Stage::user:
            throw Error(kind,
                        fmt::format("cannot {} as user \"{}\" (uid {}): {}",
                                    run,
                                    plan.account->name,
                                    plan.account->uid,
                                    reason));
        case Stage::exec: throw_errno("run", program, failure.code);
        case Stage::descriptors:
            throw Error(kind, fmt::format("cannot {}: its descriptors: {}", run, reason));
        case Stage::session:
            throw Error(kind, fmt::format("cannot {}: its session: {}", run, reason));
    }
    throw Error(ErrorKind::bug, "a child failed at an unknown stage");
}

int reap(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) throw_errno("wait for", fmt::format("pid {}", pid));
    }
    return status;
}

ExitStatus to_status(int raw) {
    if (WIFSIGNALED(raw)) return {.code = 0, .signal = WTERMSIG(raw)};
    return {.code = WEXITSTATUS(raw), .signal = 0};
}

/// fork(2) with all signals blocked, so that no handler of ours runs in the child.
pid_t fork_blocked(const ChildPlan& plan) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0) become(plan);
    const int code = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = code;
    return pid;
}

/// Reads the child's report; nothing when exec went well.
std::optional<Failure> read_report(int fd) {
    Failure failure{};
    for (;;) {
        const ssize_t count = ::read(fd, &failure, sizeof failure);
        if (count == static_cast<ssize_t>(sizeof failure)) return failure;
        if (count >= 0 || errno != EINTR) return std::nullopt;
    }
}

}  // namespace

std::string ExitStatus::to_text() const {
    if (signal != 0) return fmt::format("signal {} ({})", signal, ::strsignal(signal));
    return fmt::format("exit code {}", code);
}

ChildProcess spawn(const ProcessPlan& plan) {
    if (plan.argv.empty()) throw Error(ErrorKind::bug, "a program without a name was to be run");
    const std::string program = resolve_program(plan.argv.front());
    std::vector<std::string> arguments = plan.argv;
    std::vector<std::string> variables = child_environment(plan);
    const std::vector<char*> argv = to_pointers(arguments);
    const std::vector<char*> envp = to_pointers(variables);
    const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!nothing) throw_errno("open", "/dev/null");
    Pipe report = make_pipe();
    // Above 2, so that setting up 0, 1 and 2 does not close it.
    UniqueFd report_fd(::fcntl(report.write_end.get(), F_DUPFD_CLOEXEC, 3));
    if (!report_fd) throw_errno("make", "pipe");
    report.write_end = UniqueFd();

    ChildPlan child;
    child.program = program.c_str();
    child.argv = argv.data();
    child.envp = envp.data();
    if (plan.directory) child.directory = plan.directory->c_str();
    child.standard_fds = {plan.stdin_fd, plan.stdout_fd, plan.stderr_fd};
    std::ranges::replace(child.standard_fds, -1, nothing.get());
    child.keep_fds = &plan.keep_fds;
    child.new_session = plan.new_session;
    child.umask = plan.umask;
    std::vector<gid_t> groups;
    if (plan.account && plan.account->uid != ::geteuid()) {
        groups = groups_of(*plan.account);
        child.change_user = true;
        child.uid = plan.account->uid;
        child.gid = plan.account->gid;
        child.groups = &groups;
    }
    child.report_fd = report_fd.get();
    const pid_t pid = fork_blocked(child);
    if (pid < 0) throw_errno("start", program);
    report_fd = UniqueFd();  // ours: with the child's copy gone, reading ends
    if (const std::optional<Failure> failure = read_report(report.read_end.get())) {
        reap(pid);
        throw_failure(*failure, plan);
    }
    return ChildProcess(pid);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), ended_(std::exchange(other.ended_, std::nullopt)) {}

ChildProcess::~ChildProcess() {
    if (pid_ < 0 || ended_) return;
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

ExitStatus ChildProcess::wait() {
    if (!ended_) ended_ = to_status(reap(pid_));
    return *ended_;
}

std::optional<ExitStatus> ChildProcess::try_wait() {
    if (ended_) return ended_;
    int raw = 0;
    const pid_t pid = ::waitpid(pid_, &raw, WNOHANG);
    if (pid < 0 && errno != EINTR) throw_errno("wait for", fmt::format("pid {}", pid_));
    if (pid == pid_) ended_ = to_status(raw);
    return ended_;
}

std::optional<ExitStatus> ChildProcess::wait_for(std::chrono::milliseconds limit) {
    if (ended_) return ended_;
    // Not reaped yet, so the pid is still its own.
    if (!wait_gone(pid_, limit)) return std::nullopt;
    return wait();
}

bool ChildProcess::send_signal(int number) noexcept {
    return pid_ > 0 && !ended_ && ::kill(pid_, number) == 0;
}

pid_t ChildProcess::release() noexcept {
    return std::exchange(pid_, -1);
}

}  // namespace poststack::sys
