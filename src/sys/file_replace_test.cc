#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/in_child.h"
#include "sys/file.h"
#include "sys/user.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class ReplaceFile : public testing::Test {
  protected:
    [[nodiscard]] fs::path at(const char* name) const { return folder.path() / name; }

    TempDir folder;
};

TEST_F(ReplaceFile, WritesNewContentPrivately) {
    replace_file(at("f"), "one");
    replace_file(at("f"), "two");

    EXPECT_EQ(read_file(at("f")), "two");
    EXPECT_EQ(find_info(at("f"))->mode, 0600U);
    EXPECT_THAT(list_directory(folder.path()), ElementsAre("f"));
}

TEST_F(ReplaceFile, SetsTheModeWhateverTheUmask) {
    const int code = test::in_child([&] {
        ::umask(077);
        replace_file(at("f"), "x", {.mode = 0644, .owner = {}});
        return find_info(at("f"))->mode == 0644U ? 0 : 1;
    });

    EXPECT_EQ(code, 0);
}

TEST_F(ReplaceFile, SetsTheOwner) {
    if (!is_root()) GTEST_SKIP() << "needs root";
    replace_file(at("f"), "x", {.mode = 0600, .owner = Owner{12345, 23456}});

    EXPECT_EQ(find_info(at("f"))->uid, 12345U);
    EXPECT_EQ(find_info(at("f"))->gid, 23456U);
}

TEST_F(ReplaceFile, ReplacesASymlinkAndLeavesItsTarget) {
    replace_file(at("target"), "old");
    fs::create_symlink("target", at("link"));

    replace_file(at("link"), "new");

    EXPECT_EQ(find_info(at("link"))->type, FileType::regular);
    EXPECT_EQ(read_file(at("target")), "old");
}

TEST_F(ReplaceFile, WorksInTheCurrentDirectory) {
    const int code = test::in_child([&] {
        fs::current_path(folder.path());
        replace_file("f", "x");
        return read_file("f") == "x" ? 0 : 1;
    });

    EXPECT_EQ(code, 0);
}

TEST_F(ReplaceFile, RemovesDraftsOfTheDeadAndKeepsThoseOfTheLiving) {
    std::ofstream(at("f.draft-dead")) << "secret";
    std::ofstream(at("g.draft-other")) << "other file";
    const UniqueFd living(
        ::open(at("f.draft-alive").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ASSERT_EQ(::flock(living.get(), LOCK_EX), 0);

    replace_file(at("f"), "x");

    EXPECT_THAT(list_directory(folder.path()), ElementsAre("f", "f.draft-alive", "g.draft-other"));
}

TEST_F(ReplaceFile, FailureToWriteLeavesTheOldFileAndNoDraft) {
    replace_file(at("f"), "old");

    const int code = test::in_child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{100, 100};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        try {
            replace_file(at("f"), std::string(1000, 'x'));
            return 1;
        } catch (const Error& error) {
            return error.kind() == ErrorKind::io &&
                           error.message().find("cannot write \"" + at("f").native()) == 0
                       ? 0
                       : 2;
        }
    });

    EXPECT_EQ(code, 0);
    EXPECT_EQ(read_file(at("f")), "old");
    EXPECT_THAT(list_directory(folder.path()), ElementsAre("f"));
}

TEST_F(ReplaceFile, FailureToSetTheOwnerLeavesTheOldFileAndNoDraft) {
    if (!is_root()) GTEST_SKIP() << "needs root, to stop being it";
    fs::permissions(folder.path(), fs::perms::all);
    replace_file(at("f"), "old");

    const int code = test::in_child([&] {
        if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 3;
        try {
            replace_file(at("f"), "new", {.mode = 0600, .owner = Owner{0, 0}});
            return 1;
        } catch (const Error& error) {
            return error.kind() == ErrorKind::denied ? 0 : 2;
        }
    });

    EXPECT_EQ(code, 0);
    EXPECT_EQ(read_file(at("f")), "old");
    EXPECT_THAT(list_directory(folder.path()), ElementsAre("f"));
}

TEST_F(ReplaceFile, FailureToRenameRemovesTheDraft) {
    fs::create_directories(at("f/full"));
    try {
        replace_file(at("f"), "new");
        FAIL() << "a directory was replaced";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::io);
        EXPECT_THAT(error.message(), HasSubstr("Is a directory"));
    }
    EXPECT_THAT(list_directory(folder.path()), ElementsAre("f"));
}

TEST_F(ReplaceFile, NamesTheTargetWhenTheFolderIsMissing) {
    try {
        replace_file(at("no/f"), "new");
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::not_found);
        EXPECT_THAT(error.message(), HasSubstr("no/f\": No such file or directory"));
    }
}

TEST_F(ReplaceFile, ManyWritersLeaveOneWholeFile) {
    constexpr int writers = 4;
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer) {
        threads.emplace_back([&, writer] {
            const std::string content(5000, static_cast<char>('a' + writer));
            for (int round = 0; round < 10; ++round)
                replace_file(at("f"), content);
        });
    }
    for (std::thread& thread : threads)
        thread.join();

    const std::string content = read_file(at("f"));
    EXPECT_EQ(content, std::string(5000, content[0]));
    EXPECT_THAT(list_directory(folder.path()), ElementsAre("f"));
}

TEST_F(ReplaceFile, CreateFileNeverTouchesWhatIsThere) {
    EXPECT_TRUE(create_file(at("f"), "first"));
    EXPECT_FALSE(create_file(at("f"), "second"));
    fs::create_symlink("nowhere", at("link"));
    EXPECT_FALSE(create_file(at("link"), "x"));

    EXPECT_EQ(read_file(at("f")), "first");
    EXPECT_EQ(find_info(at("f"))->mode, 0644U);
    EXPECT_THAT(list_directory(folder.path()), ElementsAre("f", "link"));
}

TEST_F(ReplaceFile, OneOfManyCreatorsWins) {
    std::atomic<int> winners{0};
    std::vector<std::thread> threads;
    for (int writer = 0; writer < 8; ++writer) {
        threads.emplace_back([&] {
            if (create_file(at("f"), "x")) ++winners;
        });
    }
    for (std::thread& thread : threads)
        thread.join();

    EXPECT_EQ(winners, 1);
    EXPECT_THAT(list_directory(folder.path()), ElementsAre("f"));
}

}  // namespace
}  // namespace poststack::sys
