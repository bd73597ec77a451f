#include "migrate/header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack::migrate {
namespace {

using testing::HasSubstr;

TEST(ParseHeader, FindsDescriptionInTheFirstTenLines) {
    EXPECT_EQ(parse_header("-- Description: add users\nSELECT 1;", "a.sql").description,
              "add users");
    EXPECT_EQ(parse_header("\xef\xbb\xbf\r\n--description:  x  \r\n", "a.sql").description, "x");
    EXPECT_EQ(parse_header("\n\n\n\n\n\n\n\n\n-- Description: ten", "a.sql").description, "ten");
    EXPECT_EQ(parse_header("\n\n\n\n\n\n\n\n\n\n-- Description: eleven", "a.sql").description, "");
}

TEST(ParseHeader, ReadsNoTransactionAboveTheFirstStatement) {
    EXPECT_TRUE(parse_header("-- a\n-- poststack: no-transaction\nSELECT 1;", "a").no_transaction);
    EXPECT_FALSE(parse_header("SELECT 1;\n-- poststack: no-transaction\n", "a").no_transaction);
    EXPECT_FALSE(parse_header("", "a").no_transaction);
}

TEST(ParseHeader, LeavesTheWordsOfLintAlone) {
    const Header header = parse_header(
        "-- poststack: ignore drop-table, cascade\n-- poststack: ignore-file truncate\n"
        "-- poststack: irreversible\n-- poststack: no-transaction\nSELECT 1;",
        "a");
    EXPECT_TRUE(header.no_transaction);
}

TEST(ParseHeader, RefusesAnUnknownWordByLine) {
    try {
        static_cast<void>(parse_header("-- x\n-- poststack: no-transactions\n", "m/001_a.sql"));
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::config);
        EXPECT_THAT(error.message(), HasSubstr("m/001_a.sql:2: unknown word \"no-transactions\""));
    }
}

}  // namespace
}  // namespace poststack::migrate
