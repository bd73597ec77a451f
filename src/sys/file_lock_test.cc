#include <csignal>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/in_child.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/signal.h"

namespace poststack::sys {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class FileLockTest : public testing::Test {
  protected:
    TempDir folder;
    std::filesystem::path path = folder.path() / "lock";
};

TEST_F(FileLockTest, IsHeldByOneAndFreeAfterwards) {
    {
        const auto first = FileLock::try_acquire(path);
        ASSERT_TRUE(first);
        EXPECT_FALSE(FileLock::try_acquire(path));
        EXPECT_THAT(FileLock::holders(path), ElementsAre(::getpid()));
    }
    EXPECT_TRUE(FileLock::holders(path).empty());
    EXPECT_TRUE(FileLock::try_acquire(path));
    EXPECT_EQ(find_info(path)->mode, 0600U);
}

TEST_F(FileLockTest, StaysWithAChildThatInheritedIt) {
    std::optional<FileLock> lock = FileLock::try_acquire(path);
    ASSERT_TRUE(lock);
    ChildProcess child = spawn({.argv = {"sleep", "1000"}, .keep_fds = {lock->fd()}});
    lock.reset();

    EXPECT_FALSE(FileLock::try_acquire(path));
    EXPECT_THAT(FileLock::holders(path), ElementsAre(child.pid()));
    child.send_signal(SIGKILL);
    child.wait();
    EXPECT_TRUE(FileLock::try_acquire(path));
}

TEST_F(FileLockTest, NamesTheHolderWhenTheWaitEnds) {
    std::optional<FileLock> lock = FileLock::try_acquire(path);
    ASSERT_TRUE(lock);
    const ChildProcess child = spawn({.argv = {"sleep", "1000"}, .keep_fds = {lock->fd()}});
    lock.reset();
    try {
        const FileLock second = FileLock::acquire(path, 20ms, "project \"shop\"");
        FAIL() << "got a held lock";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::conflict);
        EXPECT_EQ(
            error.message(),
            "project \"shop\" is locked by \"sleep\" (pid " + std::to_string(child.pid()) + ")");
        EXPECT_TRUE(error.is_retryable());
        EXPECT_FALSE(error.hint().empty());
    }
}

TEST_F(FileLockTest, IsAcquiredOnceTheHolderIsKilled) {
    std::optional<FileLock> lock = FileLock::try_acquire(path);
    ChildProcess child =
        spawn({.argv = {"sh", "-c", "sleep 0.2; kill -9 $$"}, .keep_fds = {lock->fd()}});
    lock.reset();

    EXPECT_NO_THROW((void)FileLock::acquire(path, 60s, "x"));
    EXPECT_EQ(child.wait().signal, SIGKILL);
}

TEST_F(FileLockTest, GivesUpOnAStopSignal) {
    const std::optional<FileLock> lock = FileLock::try_acquire(path);

    const int code = test::in_child([&] {
        install_stop_signals();
        ChildProcess killer = spawn({.argv = {"sh", "-c", "sleep 0.1; kill -TERM $PPID"}});
        try {
            (void)FileLock::acquire(path, 60s, "x");
            return 1;
        } catch (const Error& error) {
            return error.kind() == ErrorKind::interrupted && error.signal() == SIGTERM ? 0 : 2;
        }
    });

    EXPECT_EQ(code, 0);
}

TEST_F(FileLockTest, SaysWhichFileCannotBeLocked) {
    try {
        (void)FileLock::try_acquire(folder.path() / "no" / "lock");
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::not_found);
        EXPECT_THAT(error.message(), HasSubstr("cannot open lock file"));
    }
}

TEST_F(FileLockTest, DoesNotFollowASymlink) {
    std::filesystem::create_symlink("elsewhere", path);

    EXPECT_THROW((void)FileLock::try_acquire(path), Error);
    EXPECT_FALSE(find_info(folder.path() / "elsewhere"));
}

}  // namespace
}  // namespace poststack::sys
