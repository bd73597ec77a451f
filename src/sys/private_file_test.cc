#include "sys/private_file.h"

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/user.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class PrivateFileTest : public testing::Test {
  protected:
    void write(std::string_view content, mode_t mode) {
        std::ofstream(path) << content;
        ::chmod(path.c_str(), mode);
    }

    /// The error that reading the file gives.
    Error refusal() {
        try {
            (void)find_private_file(path);
        } catch (const Error& error) {
            return error;
        }
        return Error(ErrorKind::bug, "it was accepted");
    }

    TempDir folder;
    fs::path path = folder.path() / ".env";
};

TEST_F(PrivateFileTest, IsReadAsItIs) {
    write("A=1\n", 0600);

    const auto file = find_private_file(path);

    ASSERT_TRUE(file);
    EXPECT_EQ(file->content, "A=1\n");
    EXPECT_FALSE(file->narrowed);
}

TEST_F(PrivateFileTest, MayBeAbsent) {
    EXPECT_FALSE(find_private_file(path));
}

TEST_F(PrivateFileTest, LosesTheRightsOfOthers) {
    for (const mode_t mode : {0644U, 0660U, 0604U}) {
        write("A=1\n", mode);

        const auto file = find_private_file(path);

        EXPECT_TRUE(file->narrowed);
        EXPECT_EQ(file->info.mode, mode) << "as it was found";
        EXPECT_EQ(find_info(path)->mode, 0600U);
    }
}

TEST_F(PrivateFileTest, IsNoSymlink) {
    std::ofstream(folder.path() / "target") << "A=1\n";
    fs::create_symlink("target", path);

    const Error error = refusal();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(), HasSubstr(".env\": it is a symbolic link"));
    EXPECT_THAT(error.hint(), HasSubstr("cp --remove-destination"));
}

TEST_F(PrivateFileTest, IsNoDirectoryAndNoPipe) {
    fs::create_directory(path);
    EXPECT_THAT(refusal().message(), HasSubstr("it is a directory"));
    fs::remove(path);
    ::mkfifo(path.c_str(), 0600);
    EXPECT_THAT(refusal().message(), HasSubstr("it is no regular file"));
    EXPECT_EQ(refusal().kind(), ErrorKind::config);
}

TEST_F(PrivateFileTest, IsNotSomebodyElses) {
    if (!is_root()) GTEST_SKIP() << "needs root, to give a file away";
    write("A=1\n", 0600);
    ASSERT_EQ(::chown(path.c_str(), 54321, 54321), 0);

    const Error error = refusal();

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(), HasSubstr("it belongs to another account (uid 54321)"));
}

TEST_F(PrivateFileTest, OfTheFoldersOwnerIsReadByRoot) {
    if (!is_root()) GTEST_SKIP() << "needs root";
    write("A=1\n", 0600);
    ASSERT_EQ(::chown(path.c_str(), 54321, 54321), 0);
    ASSERT_EQ(::chown(folder.path().c_str(), 54321, 54321), 0);

    EXPECT_EQ(find_private_file(path)->content, "A=1\n");
}

TEST_F(PrivateFileTest, HasALimit) {
    write("123456", 0600);

    EXPECT_THROW((void)find_private_file(path, 5), Error);
    EXPECT_TRUE(find_private_file(path, 6));
}

TEST_F(PrivateFileTest, DirectoryIsMadeOnceAndPrivate) {
    make_private_directory(path, {});
    make_private_directory(path, {});

    EXPECT_EQ(find_info(path)->mode, 0700U);
}

TEST_F(PrivateFileTest, DirectoryIsGivenToItsOwner) {
    if (!is_root()) GTEST_SKIP() << "needs root";
    make_private_directory(path, Owner{54321, 65432});

    EXPECT_EQ(find_info(path)->uid, 54321U);
    EXPECT_EQ(find_info(path)->gid, 65432U);
}

TEST_F(PrivateFileTest, DirectoryIsNoLinkAndNoFile) {
    fs::create_symlink("/tmp", path);
    EXPECT_THROW(make_private_directory(path, {}), Error);
    fs::remove(path);
    write("x", 0600);
    EXPECT_THROW(make_private_directory(path, {}), Error);
}

}  // namespace
}  // namespace poststack::sys
