#include "pgfiles/data_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack::pgfiles {
namespace {

using namespace std::chrono_literals;

DataIdentity sample() {
    return {.project_id = "p-1",
            .instance_id = "i-1",
            .project_path = "/home/ann/shop \"one\"",
            .data_path = "/home/ann/shop/.poststack/postgres/data",
            .system_identifier = 18446744073709551615ULL};
}

TEST(DataIdentity, SurvivesWritingAndReading) {
    const DataIdentity identity = parse_identity(to_text(sample()), "test");

    EXPECT_EQ(identity.project_id, "p-1");
    EXPECT_EQ(identity.instance_id, "i-1");
    EXPECT_EQ(identity.project_path, sample().project_path);
    EXPECT_EQ(identity.data_path, sample().data_path);
    EXPECT_EQ(identity.system_identifier, sample().system_identifier);
}

TEST(ParseIdentity, NamesAFileThatIsNone) {
    for (const char* text : {"", "{}", "[1]", "{\"project_id\": 3}"}) {
        EXPECT_THAT([&] { (void)parse_identity(text, "/d/x.json"); },
                    testing::ThrowsMessage<Error>(
                        testing::HasSubstr("\"/d/x.json\" is not a poststack identity file")));
    }
}

TEST(LockData, IsExclusiveAndNamesTheHolder) {
    const sys::TempDir directory;
    const auto data = directory.path() / "data";
    EXPECT_FALSE(is_locked(data));

    const sys::FileLock lock = lock_data(data, 0ms);

    EXPECT_TRUE(is_locked(data));
    try {
        (void)lock_data(data, 0ms);
        FAIL() << "a second lock was granted";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::conflict);
        EXPECT_THAT(error.message(), testing::HasSubstr("is held by"));
        EXPECT_THAT(error.message(), testing::HasSubstr("pgfiles_test"));
    }
}

TEST(LockData, IsFreeWhenTheHolderIsGone) {
    const sys::TempDir directory;
    const auto data = directory.path() / "data";
    {
        const sys::FileLock lock = lock_data(data, 0ms);
    }

    EXPECT_FALSE(is_locked(data));
}

TEST(FindDataVersion, ReadsPgVersion) {
    const sys::TempDir directory;
    EXPECT_FALSE(find_data_version(directory.path()).has_value());

    sys::replace_file(directory.path() / "PG_VERSION", "15\n");

    EXPECT_EQ(find_data_version(directory.path()), 15);
}

}  // namespace
}  // namespace poststack::pgfiles
