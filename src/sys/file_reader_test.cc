#include "sys/file_reader.h"

#include <array>
#include <string>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"

namespace poststack::sys {
namespace {

using testing::HasSubstr;

Error refusal(const std::filesystem::path& path) {
    try {
        const FileReader reader(path);
    } catch (const Error& error) {
        return error;
    }
    return Error(ErrorKind::bug, "it was opened");
}

TEST(FileReader, ReadsPieceByPieceToTheEnd) {
    const TempDir folder;
    replace_file(folder.path() / "f", "abcdefg");
    FileReader reader(folder.path() / "f");
    std::array<char, 3> piece{};
    std::string content;
    for (std::size_t count = 1; count > 0;) {
        count = reader.read(piece.data(), piece.size());
        content.append(piece.data(), count);
    }

    EXPECT_EQ(content, "abcdefg");
    EXPECT_EQ(reader.read(piece.data(), piece.size()), 0U);
}

TEST(FileReader, OpensRegularFilesAlone) {
    const TempDir folder;
    ::mkfifo((folder.path() / "fifo").c_str(), 0600);

    EXPECT_EQ(refusal(folder.path() / "missing").kind(), ErrorKind::not_found);
    EXPECT_EQ(refusal(folder.path()).kind(), ErrorKind::config);
    EXPECT_THAT(refusal(folder.path()).message(), HasSubstr("is a directory, not a file"));
    EXPECT_THAT(refusal(folder.path() / "fifo").message(), HasSubstr("a device, pipe or socket"));
    EXPECT_THAT(refusal("/dev/zero").message(), HasSubstr("a device, pipe or socket"));
}

}  // namespace
}  // namespace poststack::sys
