#include "pgfiles/postmaster_pid.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include "sys/file.h"

namespace poststack::pgfiles {
namespace {

constexpr auto whole =
    "4312\n/srv/data\n1764000000\n5433\n/run/sockets\n127.0.0.1\n  5433001   32769\nready   \n";

TEST(ParsePostmasterPid, ReadsAllLines) {
    const auto file = parse_postmaster_pid(whole);

    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(file->pid, 4312);
    EXPECT_EQ(file->data_directory, "/srv/data");
    EXPECT_EQ(std::chrono::system_clock::to_time_t(file->started), 1764000000);
    EXPECT_EQ(file->port, 5433);
    EXPECT_EQ(file->socket_directory, "/run/sockets");
    EXPECT_EQ(file->listen_address, "127.0.0.1");
    EXPECT_EQ(file->status, "ready");
    EXPECT_TRUE(file->is_ready());
}

TEST(ParsePostmasterPid, TakesAHalfWrittenFile) {
    const auto file = parse_postmaster_pid("4312\n/srv/data\n17");

    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(file->pid, 4312);
    EXPECT_EQ(file->port, 0);
    EXPECT_FALSE(file->is_ready());
}

TEST(ParsePostmasterPid, RefusesWhatIsNoPid) {
    EXPECT_FALSE(parse_postmaster_pid("").has_value());
    EXPECT_FALSE(parse_postmaster_pid("43").has_value());  // the line is not complete yet
    EXPECT_FALSE(parse_postmaster_pid("hello\n/srv\n").has_value());
    EXPECT_FALSE(parse_postmaster_pid("99999999999\n/srv\n").has_value());
}

TEST(ParsePostmasterPid, CountsASingleUserServerAsHolder) {
    EXPECT_EQ(parse_postmaster_pid("-4312\n/srv/data\n").value().pid, 4312);
}

TEST(ParsePostmasterPid, IgnoresAPortOutOfRange) {
    EXPECT_EQ(parse_postmaster_pid("1\n/d\n0\n70000\n").value().port, 0);
}

TEST(FindPostmasterPid, FindsNothingWithoutAFile) {
    const sys::TempDir directory;

    EXPECT_FALSE(find_postmaster_pid(directory.path()).has_value());
}

TEST(IsPostmasterAlive, DoesNotTakeAnotherProgramForTheServer) {
    const sys::TempDir directory;
    PostmasterPid file;
    file.pid = ::getpid();  // alive, but no postgres: a pid reused after a reboot

    EXPECT_FALSE(is_postmaster_alive(file, directory.path()));
}

}  // namespace
}  // namespace poststack::pgfiles
