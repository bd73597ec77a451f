#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "support/in_child.h"
#include "sys/file.h"
#include "sys/process.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr pid_t nobodys_pid = 0x7ffffff0;  // beyond the kernel's largest, 2^22

TEST(FindProgram, SearchesPathForExecutableFiles) {
    const TempDir folder;
    fs::create_directories(folder.path() / "a" / "tool");  // a directory is no program
    fs::create_directories(folder.path() / "b");
    replace_file(folder.path() / "b" / "tool", "", {.mode = 0644, .owner = {}});
    fs::create_directories(folder.path() / "c");
    replace_file(folder.path() / "c" / "tool", "", {.mode = 0755, .owner = {}});
    const std::string path = (folder.path() / "a").native() +
                             ":/no/such::" + (folder.path() / "b").native() + ":" +
                             (folder.path() / "c").native();

    EXPECT_EQ(test::in_child([&] {
                  ::setenv("PATH", path.c_str(), 1);
                  return find_program("tool") == folder.path() / "c" / "tool" ? 0 : 1;
              }),
              0);
    EXPECT_TRUE(find_program("sh"));
    EXPECT_FALSE(find_program("no-such-program-here"));
}

TEST(FindProgram, NeverLooksIntoTheCurrentDirectory) {
    const TempDir folder;
    replace_file(folder.path() / "tool", "", {.mode = 0755, .owner = {}});

    EXPECT_EQ(test::in_child([&] {
                  fs::current_path(folder.path());
                  ::setenv("PATH", ":/usr/bin:", 1);
                  return find_program("tool") ? 1 : 0;
              }),
              0);
}

TEST(ProcessInfo, SeesThisProcess) {
    EXPECT_TRUE(is_alive(::getpid()));
    EXPECT_EQ(program_name(::getpid()), "sys_test");
    EXPECT_EQ(start_ticks(::getpid()), start_ticks(::getpid()));
    EXPECT_GT(start_ticks(::getpid()).value_or(0), 0U);
}

TEST(ProcessInfo, KnowsNothingOfAPidWithoutProcess) {
    EXPECT_FALSE(is_alive(nobodys_pid));
    EXPECT_FALSE(is_alive(0));
    EXPECT_FALSE(is_alive(-1));
    EXPECT_FALSE(program_name(nobodys_pid));
    EXPECT_FALSE(start_ticks(nobodys_pid));
    EXPECT_TRUE(wait_gone(nobodys_pid, 0ms));
}

TEST(ProcessInfo, ReadsNamesWithBlanksAndParentheses) {
    const TempDir folder;
    const fs::path odd = folder.path() / "a) b (c";
    fs::copy_file(*find_program("sleep"), odd);
    const ChildProcess child = spawn({.argv = {odd.native(), "1000"}});

    EXPECT_EQ(program_name(child.pid()), "a) b (c");
    EXPECT_GT(start_ticks(child.pid()).value_or(0), 0U);
}

TEST(ProcessInfo, NamesAZombie) {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(0);
    siginfo_t info{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);

    EXPECT_TRUE(is_alive(pid));
    EXPECT_EQ(program_name(pid), "sys_test");
    EXPECT_TRUE(wait_gone(pid, 60s)) << "a zombie has ended";
    ::waitpid(pid, nullptr, 0);
}

TEST(OpenFiles, HoldsWhatIsOpenAlone) {
    const TempDir folder;
    replace_file(folder.path() / "open", "");
    replace_file(folder.path() / "closed", "");
    const UniqueFd file(::open((folder.path() / "open").c_str(), O_RDONLY | O_CLOEXEC));
    const auto has = [files = open_files()](const fs::path& path) {
        const auto info = find_info(path);
        return files.contains({info->device, info->inode});
    };

    EXPECT_TRUE(has(folder.path() / "open"));
    EXPECT_FALSE(has(folder.path() / "closed"));
}

TEST(WaitGone, SeesTheEndOfAProcessThatIsNotOurs) {
    ProcessPlan plan;
    plan.argv = {"sh", "-c", "sleep 1000 & echo $!"};
    const auto pid = parse_integer(trim(run_tool(plan, 60s).output));
    ASSERT_TRUE(pid);
    const auto orphan = static_cast<pid_t>(*pid);

    EXPECT_FALSE(wait_gone(orphan, 5ms));
    ::kill(orphan, SIGKILL);
    EXPECT_TRUE(wait_gone(orphan, 60s));
}

}  // namespace
}  // namespace poststack::sys
