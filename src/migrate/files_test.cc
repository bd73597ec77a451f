#include "migrate/files.h"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"
#include "sys/hash.h"

namespace poststack::migrate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ReadMigrations : public testing::Test {
  protected:
    void write(const std::string& name, std::string_view content = "SELECT 1;\n") {
        ASSERT_TRUE(sys::create_file(folder_.path() / name, content));
    }

    [[nodiscard]] MigrationSet read() const { return read_migrations(folder_.path()); }

    [[nodiscard]] std::string refusal(ErrorKind kind = ErrorKind::config) const {
        try {
            static_cast<void>(read());
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), kind);
            return error.message();
        }
        return "accepted";
    }

    sys::TempDir folder_;
};

TEST_F(ReadMigrations, SortsByNumberNotByText) {
    write("10_ten.sql");
    write("9_nine.sql");
    write("0011_eleven.sql");
    std::vector<std::string> names;
    for (const MigrationFile& file : read().files)
        names.push_back(file.file_name);

    EXPECT_THAT(names, ElementsAre("9_nine.sql", "10_ten.sql", "0011_eleven.sql"));
}

TEST_F(ReadMigrations, FindsRollbackDescriptionAndChecksum) {
    const std::string content = "-- Description: people\nCREATE TABLE p ();\n";
    write("002_add_people.sql", content);
    write("002_add_people.rollback.sql");
    const MigrationSet set = read();

    ASSERT_EQ(set.files.size(), 1U);
    const MigrationFile& file = set.files[0];
    EXPECT_EQ(file.version.number, 2);
    EXPECT_EQ(file.digits, "002");
    EXPECT_EQ(file.name, "add_people");
    EXPECT_EQ(file.description, "people");
    EXPECT_EQ(file.sha256, sys::sha256(content));
    EXPECT_EQ(file.size, content.size());
    EXPECT_EQ(file.rollback_file, "002_add_people.rollback.sql");
    EXPECT_THAT(set.warnings, IsEmpty());
}

TEST_F(ReadMigrations, RefusesTwoFilesOfOneVersion) {
    write("002_a.sql");
    write("2_b.sql");

    const std::string message = refusal();
    EXPECT_THAT(message, HasSubstr("\"002_a.sql\" and \"2_b.sql\""));
}

TEST_F(ReadMigrations, WarnsAboutNamesThatLookLikeMistakes) {
    write("001_a.sql");
    write("a.sql");
    write("003.sql");
    write("004_d.SQL");
    write("005_e.rollback.sql");
    write("README.md");
    write(".hidden.sql");
    write("001_a.sql~");

    EXPECT_THAT(
        read().warnings,
        ElementsAre("\"003.sql\" is ignored: its name is neither NNN_name.sql nor R__name.sql",
                    "\"004_d.SQL\" is ignored: its ending is not \".sql\" in lower case",
                    "\"a.sql\" is ignored: its name is neither NNN_name.sql nor R__name.sql",
                    "\"005_e.rollback.sql\" is ignored: there is no \"005_e.sql\""));
    EXPECT_EQ(read().files.size(), 1U);
}

TEST_F(ReadMigrations, RefusesRollbackNamesOfOtherTools) {
    write("001_a.down.sql");
    EXPECT_THAT(refusal(), HasSubstr("looks like another tool's rollback"));
}

TEST_F(ReadMigrations, RefusesADirectoryInAFilesPlace) {
    sys::make_directories(folder_.path() / "001_a.sql");
    EXPECT_THAT(refusal(), HasSubstr("001_a.sql\" is a directory, not a file"));
}

TEST_F(ReadMigrations, RefusesAPipeWithoutBlocking) {
    ASSERT_EQ(::mkfifo((folder_.path() / "001_a.sql").c_str(), 0600), 0);
    EXPECT_THAT(refusal(), HasSubstr("not a file"));
}

TEST_F(ReadMigrations, RefusesADanglingLink) {
    std::filesystem::create_symlink("nowhere", folder_.path() / "001_a.sql");
    EXPECT_THAT(refusal(ErrorKind::not_found), HasSubstr("001_a.sql"));
}

TEST_F(ReadMigrations, RefusesAVersionTooLong) {
    write("1234567890123456789_a.sql");
    EXPECT_THAT(refusal(), HasSubstr("more than 18 digits"));
}

TEST_F(ReadMigrations, AcceptsLeadingZerosAndTimestamps) {
    write("00000000000000000000001_a.sql");
    write("20240101120000_b.sql");
    EXPECT_EQ(read().files[1].version.number, 20240101120000);
}

TEST_F(ReadMigrations, ReportsAMissingDirectory) {
    try {
        static_cast<void>(read_migrations(folder_.path() / "gone"));
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::not_found);
    }
}

TEST(ParseVersion, TakesDigitsOnly) {
    EXPECT_EQ(parse_version("004").number, 4);
    for (const char* text : {"", "x", "-1", "4a", "1234567890123456789"}) {
        EXPECT_THROW(static_cast<void>(parse_version(text)), Error) << text;
    }
}

}  // namespace
}  // namespace poststack::migrate
