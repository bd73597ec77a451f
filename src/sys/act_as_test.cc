#include "sys/act_as.h"

#include <grp.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/in_child.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace poststack::sys {
namespace {

const Account stranger{"", 54321, 65432, "/"};

TEST(ActAs, MakesFilesOfTheAccountAndReadsAsIt) {
    if (!is_root()) GTEST_SKIP() << "needs root";
    const TempDir folder;
    replace_file(folder.path() / "of-root", "secret", {.mode = 0640});
    std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
    {
        const ActAs as(stranger);
        replace_file(folder.path() / "mine", "x");
        EXPECT_THROW((void)read_file(folder.path() / "of-root"), Error);
        EXPECT_EQ(read_file(folder.path() / "mine"), "x");
    }
    EXPECT_EQ(find_info(folder.path() / "mine")->uid, stranger.uid);
    EXPECT_EQ(find_info(folder.path() / "mine")->gid, stranger.gid);
    EXPECT_EQ(read_file(folder.path() / "of-root"), "secret");
}

TEST(ActAs, PutsOurGroupsAwayAndTakesThemBack) {
    if (!is_root()) GTEST_SKIP() << "needs root";
    const TempDir folder("/tmp");
    std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
    replace_file(folder.path() / "of-group", "x", {.mode = 0640, .owner = Owner{1234, 5678}});
    const int code = test::in_child([&] {
        const gid_t group = 5678;
        if (::setgroups(1, &group) != 0) return 3;
        {
            const ActAs as(stranger);
            const ActAs nested(stranger);
            try {
                (void)read_file(folder.path() / "of-group");
                return 1;
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::denied) return 2;
            }
        }
        gid_t now = 0;
        return ::getgroups(1, &now) == 1 && now == group ? 0 : 4;
    });

    EXPECT_EQ(code, 0);
}

TEST(ActAs, LeavesOtherThreadsAlone) {
    if (!is_root()) GTEST_SKIP() << "needs root";
    const TempDir folder;
    replace_file(folder.path() / "of-root", "secret", {.mode = 0600});
    const Pipe begin = make_pipe();
    std::string seen;
    std::thread other([&] {  // runs already when we change
        char byte = 0;
        if (::read(begin.read_end.get(), &byte, 1) == 1)
            seen = read_file(folder.path() / "of-root");
    });
    {
        const ActAs as(stranger);
        write_all(begin.write_end.get(), "x", "pipe");
        other.join();
    }
    EXPECT_EQ(seen, "secret");
}

TEST(ActAs, DoesNothingForOurselves) {
    const TempDir folder;
    const ActAs as(current_account());

    replace_file(folder.path() / "f", "x");

    EXPECT_EQ(find_info(folder.path() / "f")->uid, ::geteuid());
}

}  // namespace
}  // namespace poststack::sys
