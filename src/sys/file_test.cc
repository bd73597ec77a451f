#include "sys/file.h"

#include <fstream>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

void write(const fs::path& path, std::string_view content) {
    std::ofstream(path) << content;
}

template <class Call>
Error error_of(const Call& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    return Error(ErrorKind::bug, "nothing was thrown");
}

class FileTest : public testing::Test {
  protected:
    [[nodiscard]] fs::path at(const char* name) const { return folder.path() / name; }

    TempDir folder;
};

TEST_F(FileTest, FindInfoTellsTypesApartWithoutFollowing) {
    write(at("file"), "abc");
    fs::create_symlink("file", at("link"));
    fs::create_symlink("nowhere", at("dangling"));

    EXPECT_EQ(find_info(at("file"))->type, FileType::regular);
    EXPECT_EQ(find_info(at("file"))->size, 3U);
    EXPECT_EQ(find_info(folder.path())->type, FileType::directory);
    EXPECT_EQ(find_info(at("link"))->type, FileType::symlink);
    EXPECT_EQ(find_info(at("link"), true)->type, FileType::regular);
    EXPECT_EQ(find_info(at("dangling"))->type, FileType::symlink);
    EXPECT_FALSE(find_info(at("dangling"), true));
    EXPECT_FALSE(find_info(at("missing")));
    EXPECT_FALSE(find_info(at("file/below"))) << "a file has nothing below it";
}

TEST_F(FileTest, FindInfoGivesPermissionBitsAlone) {
    write(at("file"), "");
    ::chmod(at("file").c_str(), 0640);

    EXPECT_EQ(find_info(at("file"))->mode, 0640U);
    EXPECT_EQ(find_info(at("file"))->uid, ::geteuid());
}

TEST_F(FileTest, ReadFileReadsBytesAsTheyAre) {
    const std::string content("a\0b\xff\n", 5);
    write(at("file"), content);
    write(at("empty"), "");

    EXPECT_EQ(read_file(at("file")), content);
    EXPECT_EQ(read_file(at("empty")), "");
    EXPECT_EQ(read_file(at("file"), 5), content) << "the limit itself is allowed";
}

TEST_F(FileTest, ReadFileReadsFilesThatClaimToBeEmpty) {
    EXPECT_THAT(read_file("/proc/self/status"), HasSubstr("Pid:"));
}

TEST_F(FileTest, ReadFileSaysWhyItCannot) {
    write(at("file"), "123456");
    ::mkfifo(at("fifo").c_str(), 0600);
    const Error missing = error_of([&] { (void)read_file(at("missing")); });
    const Error large = error_of([&] { (void)read_file(at("file"), 5); });
    const Error directory = error_of([&] { (void)read_file(folder.path()); });
    const Error fifo = error_of([&] { (void)read_file(at("fifo")); });

    EXPECT_EQ(missing.kind(), ErrorKind::not_found);
    EXPECT_THAT(missing.message(), HasSubstr("No such file or directory"));
    EXPECT_EQ(large.kind(), ErrorKind::io);
    EXPECT_THAT(large.message(), HasSubstr("it is larger than 5 bytes"));
    EXPECT_EQ(directory.kind(), ErrorKind::io);
    EXPECT_THAT(directory.message(), HasSubstr("it is a directory"));
    EXPECT_THAT(fifo.message(), HasSubstr("it is not a regular file"));
}

TEST_F(FileTest, FindFileTreatsAbsentAsAnAnswer) {
    write(at("file"), "x");

    EXPECT_EQ(find_file(at("file")), "x");
    EXPECT_EQ(find_file(at("missing")), std::nullopt);
    EXPECT_EQ(find_file(at("file/below")), std::nullopt);
    EXPECT_EQ(error_of([&] { (void)find_file(folder.path()); }).kind(), ErrorKind::io);
}

TEST_F(FileTest, MakeDirectoriesMakesParentsAndLeavesOldOnesAlone) {
    make_directories(at("a"), 0700);
    make_directories(at("a/b/c/"), 0750);
    make_directories(at("a/b/c"), 0700);

    EXPECT_EQ(find_info(at("a"))->mode, 0700U);
    EXPECT_EQ(find_info(at("a/b/c"))->mode & 0700U, 0700U);
    EXPECT_EQ(find_info(at("a/b/c"))->type, FileType::directory);
}

TEST_F(FileTest, MakeDirectoriesNamesTheFileInTheWay) {
    write(at("file"), "");
    const Error direct = error_of([&] { make_directories(at("file")); });
    const Error below = error_of([&] { make_directories(at("file/x")); });

    EXPECT_EQ(direct.kind(), ErrorKind::io);
    EXPECT_THAT(direct.message(), HasSubstr("a file of that name is in the way"));
    EXPECT_EQ(below.kind(), ErrorKind::io);
    EXPECT_THAT(below.message(), HasSubstr("/file\": a file of that name is in the way"));
}

TEST_F(FileTest, ListDirectorySortsBytewise) {
    for (const char* name : {"b", "B", "a10", "a2", ".hidden"})
        write(at(name), "");

    EXPECT_THAT(list_directory(folder.path()), ElementsAre(".hidden", "B", "a10", "a2", "b"));
    EXPECT_EQ(error_of([&] { (void)list_directory(at("x")); }).kind(), ErrorKind::not_found);
}

TEST_F(FileTest, RemoveTreeDoesNotFollowLinks) {
    fs::create_directories(at("keep"));
    write(at("keep/file"), "x");
    fs::create_directories(at("gone/deep"));
    fs::create_symlink(at("keep"), at("gone/deep/link"));

    remove_tree(at("gone"));
    remove_tree(at("gone"));

    EXPECT_FALSE(find_info(at("gone")));
    EXPECT_TRUE(find_info(at("keep/file")));
}

TEST_F(FileTest, RemoveFileAcceptsAbsentButNoDirectory) {
    write(at("file"), "");

    remove_file(at("file"));
    remove_file(at("file"));

    EXPECT_FALSE(find_info(at("file")));
    EXPECT_NE(error_of([&] { remove_file(folder.path()); }).message(), "nothing was thrown");
}

TEST_F(FileTest, RenameSyncedMovesBetweenFolders) {
    fs::create_directories(at("d"));
    write(at("a"), "x");

    rename_synced(at("a"), at("d/b"));

    EXPECT_EQ(read_file(at("d/b")), "x");
    const Error missing = error_of([&] { rename_synced(at("a"), at("d/c")); });
    EXPECT_EQ(missing.kind(), ErrorKind::not_found);
    EXPECT_THAT(missing.message(), HasSubstr("d/c"));
}

TEST_F(FileTest, CloneFileCopiesContentAndMode) {
    std::string content;
    for (int number = 0; content.size() < (3U << 20); ++number)
        content += std::to_string(number);
    write(at("from"), content);
    write(at("empty"), "");

    clone_file(at("from"), at("to"), 0640);
    clone_file(at("empty"), at("to-empty"), 0600);

    EXPECT_TRUE(read_file(at("to")) == content);
    EXPECT_EQ(find_info(at("to"))->mode, 0640U);
    EXPECT_EQ(read_file(at("to-empty")), "");
}

TEST_F(FileTest, CloneFileReadsFilesThatClaimToBeEmpty) {
    clone_file("/proc/self/status", at("to"), 0600);

    EXPECT_THAT(read_file(at("to")), HasSubstr("Pid:"));
}

TEST_F(FileTest, CloneFileNeverTouchesAnExistingFile) {
    write(at("from"), "new");
    write(at("to"), "old");
    const Error error = error_of([&] { clone_file(at("from"), at("to"), 0600); });

    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_THAT(error.message(), HasSubstr("File exists"));
    EXPECT_EQ(read_file(at("to")), "old");
}

TEST_F(FileTest, FreeBytesSeesTheFileSystem) {
    EXPECT_GT(free_bytes(folder.path()), 0U);
    EXPECT_EQ(error_of([&] { (void)free_bytes(at("x")); }).kind(), ErrorKind::not_found);
}

TEST(TempDir, IsPrivateAndGoesAway) {
    fs::path path;
    {
        const TempDir folder;
        path = folder.path();
        EXPECT_EQ(find_info(path)->mode, 0700U);
        write(path / "file", "x");
    }
    EXPECT_FALSE(find_info(path));
}

TEST(TempDir, MovesItsDirectory) {
    TempDir first;
    const fs::path path = first.path();
    {
        const TempDir second(std::move(first));
        EXPECT_EQ(second.path(), path);
        EXPECT_TRUE(find_info(path));
    }
    EXPECT_FALSE(find_info(path));
}

TEST(TempDir, SaysWhereItCouldNotBeMade) {
    const Error error = error_of([] { const TempDir folder("/nowhere/at/all"); });

    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_THAT(error.message(), HasSubstr("/nowhere/at/all"));
}

}  // namespace
}  // namespace poststack::sys
