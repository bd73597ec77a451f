#include "sys/process.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/in_child.h"
#include "sys/file.h"
#include "sys/signal.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

ProcessPlan shell(std::string script) {
    ProcessPlan plan;
    plan.argv = {"sh", "-c", std::move(script)};
    return plan;
}

/// Runs `plan` with stdout on a pipe; what it printed, or "exit N" when it failed.
std::string output_of(ProcessPlan plan) {
    Pipe pipe = make_pipe();
    plan.stdout_fd = pipe.write_end.get();
    ChildProcess child = spawn(plan);
    pipe.write_end = UniqueFd();
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t count = ::read(pipe.read_end.get(), buffer.data(), buffer.size());
        if (count <= 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    const ExitStatus status = child.wait();
    return status.ok() ? text : status.to_text();
}

Error error_of(const ProcessPlan& plan) {
    try {
        ChildProcess child = spawn(plan);
        return Error(ErrorKind::bug, "it was started");
    } catch (const Error& error) {
        return error;
    }
}

TEST(Spawn, PassesArgumentsAsTheyAre) {
    EXPECT_EQ(output_of({.argv = {"printf", "%s|", "a b", "$HOME", "'", ""}}), "a b|$HOME|'||");
}

TEST(Spawn, AddsAndRemovesVariables) {
    ProcessPlan plan = shell("echo \"$A-${HOME-none}\"");
    plan.environment = {{"A", "x y"}};
    plan.unset = {"HOME"};

    EXPECT_EQ(output_of(plan), "x y-none\n");
}

TEST(Spawn, CanStartFromACleanEnvironment) {
    EXPECT_EQ(test::in_child([] {
                  ::setenv("PGPASSWORD", "secret", 1);
                  ::setenv("LC_ALL", "C", 1);
                  ProcessPlan plan = shell("echo \"${PGPASSWORD-none} ${LC_ALL-none} $B\"");
                  plan.clean_environment = true;
                  plan.environment = {{"B", "b"}};
                  return output_of(plan) == "none C b\n" ? 0 : 1;
              }),
              0);
}

TEST(Spawn, UsesDirectoryUmaskAndSession) {
    const TempDir folder;
    ProcessPlan plan = shell(
        "pwd; umask; read _ _ _ _ _ session _ </proc/$$/stat;"
        "[ $session = $$ ] && echo leader");
    plan.directory = folder.path();
    plan.umask = 027;
    plan.new_session = true;

    EXPECT_EQ(output_of(plan), folder.path().native() + "\n0027\nleader\n");
}

TEST(Spawn, GivesDevNullForWhatIsNotSet) {
    EXPECT_EQ(output_of(shell("readlink /proc/$$/fd/0 /proc/$$/fd/2")), "/dev/null\n/dev/null\n");
}

TEST(Spawn, InheritsNothingButWhatIsNamed) {
    Pipe pipe = make_pipe();
    const int leaked = ::dup(pipe.read_end.get());  // without close-on-exec, as careless parents do
    const UniqueFd owner(leaked);
    const int kept = pipe.write_end.get();
    ProcessPlan plan = shell("for fd in " + std::to_string(leaked) + " " + std::to_string(kept) +
                             "; do [ -e /proc/$$/fd/$fd ] && echo $fd; done; true");
    plan.keep_fds = {kept};

    EXPECT_EQ(output_of(plan), std::to_string(kept) + "\n");
}

TEST(Spawn, WorksWhenOurStandardDescriptorsAreClosed) {
    const TempDir folder;
    const fs::path file = folder.path() / "out";
    const int code = test::in_child([&] {
        ::close(0);
        ::close(1);
        ::close(2);
        ProcessPlan plan = shell("cat; echo out; echo err >&2");
        const UniqueFd in(::open("/dev/null", O_RDONLY | O_CLOEXEC));                    // 0
        const UniqueFd out(::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));  // 1
        plan.stdin_fd = in.get();
        plan.stdout_fd = out.get();
        plan.stderr_fd = out.get();
        return spawn(plan).wait().code;
    });

    EXPECT_EQ(code, 0);
    EXPECT_EQ(read_file(file), "out\nerr\n");
}

TEST(Spawn, SwapsDescriptors) {
    EXPECT_EQ(test::in_child([] {
                  Pipe pipe = make_pipe();
                  ::dup2(pipe.write_end.get(), 2);
                  ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), 1);
                  ProcessPlan plan = shell("echo right; echo wrong >&2");
                  plan.stdout_fd = 2;
                  plan.stderr_fd = 1;
                  if (!spawn(plan).wait().ok()) return 1;
                  std::array<char, 100> text{};
                  const ssize_t count = ::read(pipe.read_end.get(), text.data(), text.size());
                  return std::string(text.data(), static_cast<std::size_t>(count)) == "right\n" ? 0
                                                                                                : 2;
              }),
              0);
}

TEST(Spawn, ResetsSignals) {
    EXPECT_EQ(test::in_child([] {
                  install_stop_signals();  // also ignores SIGPIPE
                  sigset_t blocked;
                  ::sigfillset(&blocked);
                  ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
                  const bool pipe = spawn(shell("kill -PIPE $$; exit 5")).wait().signal == SIGPIPE;
                  const bool term = spawn(shell("kill -TERM $$; exit 5")).wait().signal == SIGTERM;
                  return pipe && term ? 0 : 1;
              }),
              0);
}

TEST(Spawn, BecomesTheAccount) {
    const auto nobody = find_account("nobody");
    if (!is_root() || !nobody) GTEST_SKIP() << "needs root and a user nobody";
    ProcessPlan plan = shell("id -u; id -g; id -G; echo $USER $HOME");
    plan.account = nobody;
    const std::string group = std::to_string(nobody->gid);

    EXPECT_EQ(output_of(plan),
              std::to_string(nobody->uid) + "\n" + group + "\n" + group + "\nnobody " +
                  nobody->home.native() + "\n");
}

TEST(SpawnFailure, NamesAProgramThatIsNotThere) {
    const Error missing = error_of({.argv = {"no-such-program-here"}});
    const Error path = error_of({.argv = {"/no/such/program"}});

    EXPECT_EQ(missing.kind(), ErrorKind::not_found);
    EXPECT_EQ(missing.message(), "program \"no-such-program-here\" is not in PATH");
    EXPECT_EQ(path.kind(), ErrorKind::not_found);
    EXPECT_EQ(path.message(), "cannot run \"/no/such/program\": No such file or directory");
}

TEST(SpawnFailure, NamesAFileThatIsNoProgram) {
    const TempDir folder;
    const fs::path file = folder.path() / "file";
    std::ofstream(file) << "text";
    const Error plain = error_of({.argv = {file.native()}});
    fs::permissions(file, fs::perms::owner_all);
    const Error unknown = error_of({.argv = {file.native()}});

    EXPECT_EQ(plain.kind(), ErrorKind::denied);
    EXPECT_THAT(plain.message(), HasSubstr("Permission denied"));
    EXPECT_EQ(unknown.kind(), ErrorKind::io);
    EXPECT_THAT(unknown.message(), HasSubstr("Exec format error"));
}

TEST(SpawnFailure, NamesTheDirectory) {
    const Error error = error_of({.argv = {"true"}, .directory = "/no/such/place"});

    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_EQ(error.message(),
              "cannot run \"true\" in directory \"/no/such/place\": No such file or directory");
}

TEST(SpawnFailure, NamesTheUser) {
    EXPECT_EQ(test::in_child([] {
                  if (is_root() && ::setuid(65534) != 0) return 3;
                  ProcessPlan plan{.argv = {"true"}};
                  plan.account = Account{"root", 0, 0, "/root"};
                  const Error error = error_of(plan);
                  const bool right =
                      error.message() ==
                      "cannot run \"true\" as user \"root\" (uid 0): Operation not permitted";
                  return right && error.kind() == ErrorKind::denied ? 0 : 1;
              }),
              0);
}

TEST(SpawnFailure, NamesDescriptorsThatAreNotOpen) {
    const Error standard = error_of({.argv = {"true"}, .stdin_fd = 9999});
    const Error kept = error_of({.argv = {"true"}, .keep_fds = {9999}});

    EXPECT_EQ(standard.message(), "cannot run \"true\": its descriptors: Bad file descriptor");
    EXPECT_EQ(kept.message(), standard.message());
}

TEST(SpawnFailure, AnEmptyPlanIsABug) {
    EXPECT_EQ(error_of({}).kind(), ErrorKind::bug);
}

TEST(ChildProcess, TellsHowItEnded) {
    EXPECT_EQ(spawn(shell("exit 3")).wait().to_text(), "exit code 3");
    EXPECT_EQ(spawn(shell("kill -9 $$")).wait().to_text(), "signal 9 (Killed)");
    EXPECT_TRUE(spawn(shell("exit 0")).wait().ok());
    EXPECT_FALSE(spawn(shell("exit 3")).wait().ok());
}

TEST(ChildProcess, CanBeWaitedForMoreThanOnce) {
    ChildProcess child = spawn(shell("exit 3"));

    EXPECT_EQ(child.wait().code, 3);
    EXPECT_EQ(child.wait().code, 3);
    EXPECT_EQ(child.try_wait()->code, 3);
    EXPECT_EQ(child.wait_for(0ms)->code, 3);
    EXPECT_FALSE(child.send_signal(SIGTERM)) << "its pid may be somebody else's by now";
}

TEST(ChildProcess, WaitForEndsWithTheLimitOrTheChild) {
    ChildProcess child = spawn({.argv = {"sleep", "1000"}});

    EXPECT_FALSE(child.try_wait());
    EXPECT_FALSE(child.wait_for(5ms));
    EXPECT_TRUE(child.send_signal(SIGTERM));
    EXPECT_EQ(child.wait_for(60s)->signal, SIGTERM);
}

TEST(ChildProcess, IsKilledAndReapedByItsOwner) {
    pid_t pid = -1;
    {
        const ChildProcess child = spawn({.argv = {"sleep", "1000"}});
        pid = child.pid();
        EXPECT_TRUE(is_alive(pid));
    }
    EXPECT_FALSE(is_alive(pid));
}

TEST(ChildProcess, LivesOnWhenReleased) {
    pid_t pid = -1;
    {
        ChildProcess child = spawn({.argv = {"sleep", "1000"}});
        ChildProcess other(std::move(child));
        pid = other.release();
    }
    EXPECT_TRUE(is_alive(pid));
    ::kill(pid, SIGKILL);
    EXPECT_TRUE(wait_gone(pid, 60s));
    ::waitpid(pid, nullptr, 0);
}

}  // namespace
}  // namespace poststack::sys
