#include "supervise/launch.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <grp.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/child.h"
#include "sys/errno_error.h"

namespace poststack::supervise {
namespace {

[[noreturn]] void fail(int report_fd, LaunchStage stage) noexcept {
    const LaunchFailure failure{stage, errno};
    [[maybe_unused]] const ssize_t sent = ::write(report_fd, &failure, sizeof failure);
    ::_exit(127);
}

void set_descriptors(const LaunchPlan& plan, int report_fd) noexcept {
    if (!sys::place_descriptors({plan.stdin_fd, plan.stdout_fd, plan.stderr_fd})) {
        fail(report_fd, LaunchStage::descriptors);
    }
    if (plan.keep_fd >= 0 && ::fcntl(plan.keep_fd, F_SETFD, 0) < 0) {
        fail(report_fd, LaunchStage::descriptors);
    }
}

void become_user(const LaunchPlan& plan, int report_fd) noexcept {
    if (!plan.run_as) return;
    const RunAs& user = *plan.run_as;
    // Without the right to change groups (no root) there are none of root's to lose.
    if (::setgroups(user.groups.size(), user.groups.data()) < 0 && ::geteuid() == 0) {
        fail(report_fd, LaunchStage::user);
    }
    if (::setresgid(user.gid, user.gid, user.gid) < 0 ||
        ::setresuid(user.uid, user.uid, user.uid) < 0) {
        fail(report_fd, LaunchStage::user);
    }
}

[[noreturn]] void become(const LaunchPlan& plan,
                         char* const* argv,
                         char* const* envp,
                         int report_fd) noexcept {
    set_descriptors(plan, report_fd);
    if (::setsid() < 0) fail(report_fd, LaunchStage::session);
    if (plan.umask) ::umask(*plan.umask);
    become_user(plan, report_fd);
    if (plan.directory && ::chdir(plan.directory->c_str()) < 0) {
        fail(report_fd, LaunchStage::directory);
    }
    sys::reset_signals();
    ::execve(plan.program.c_str(), argv, envp);
    fail(report_fd, LaunchStage::exec);
}

std::vector<char*> to_pointers(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const std::string& text : texts)
        pointers.push_back(const_cast<char*>(text.c_str()));  // execve takes, and never writes
    pointers.push_back(nullptr);
    return pointers;
}

std::string_view path_of(const std::vector<std::string>& variables) {
    for (const std::string_view variable : variables) {
        if (variable.starts_with("PATH=")) return variable.substr(5);
    }
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

bool is_file(const std::string& path) noexcept {
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

Launched launch(const LaunchPlan& plan) {
    const std::vector<char*> argv = to_pointers(plan.argv);
    const std::vector<char*> envp = to_pointers(plan.variables);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) < 0) return {.pid = -1, .code = errno};
    sys::UniqueFd report(ends[0]);
    const sys::UniqueFd low(ends[1]);
    // Above 2, so that setting up 0, 1 and 2 does not close it.
    const sys::UniqueFd write_end(::fcntl(low.get(), F_DUPFD_CLOEXEC, 3));
    if (!write_end) return {.pid = -1, .code = errno};
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    if (pid == 0) become(plan, argv.data(), envp.data(), write_end.get());
    const int code = errno;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    return {.pid = pid, .code = pid < 0 ? code : 0, .report = std::move(report)};
}

std::optional<LaunchFailure> read_failure(const sys::UniqueFd& report) noexcept {
    LaunchFailure failure;
    const ssize_t count = report ? ::read(report.get(), &failure, sizeof failure) : 0;
    if (count != static_cast<ssize_t>(sizeof failure)) return std::nullopt;
    return failure;
}

std::optional<std::string> find_executable(const std::string& name,
                                           const std::vector<std::string>& variables) {
    if (name.find('/') != std::string::npos) return name;
    for (const std::string_view folder : split(path_of(variables), ':')) {
        if (folder.empty()) continue;
        std::string path = fmt::format("{}/{}", folder, name);
        if (is_file(path) && ::access(path.c_str(), X_OK) == 0) return path;
    }
    return std::nullopt;
}

std::string to_text(const LaunchFailure& failure, const LaunchPlan& plan) {
    const std::string& name = plan.argv.front();
    const std::string reason = sys::errno_text(failure.code);
    switch (failure.stage) {
        case LaunchStage::find: return fmt::format("can't find command '{}'", name);
        case LaunchStage::fork: return fmt::format("cannot fork: {}", reason);
        case LaunchStage::descriptors: return fmt::format("cannot set descriptors up: {}", reason);
        case LaunchStage::session: return fmt::format("cannot make a session: {}", reason);
        case LaunchStage::user:
            return fmt::format(
                "cannot become uid {}: {}", plan.run_as ? plan.run_as->uid : 0, reason);
        case LaunchStage::directory:
            return fmt::format("cannot enter \"{}\": {}", plan.directory.value_or(""), reason);
        case LaunchStage::exec: return fmt::format("cannot run \"{}\": {}", plan.program, reason);
        case LaunchStage::none: break;
    }
    return reason;
}

}  // namespace poststack::supervise
