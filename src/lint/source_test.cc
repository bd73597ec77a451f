#include "lint/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poststack::lint {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Read : Source {
    explicit Read(std::string sql) {
        name = "m/001_a.sql";
        text = std::move(sql);
        read_source(*this);
    }
};

TEST(Source, KnowsWhereStatementsStart) {
    const Read source("-- one\nSELECT 1;\n\n  SELECT\n 2 -- two\n;");

    ASSERT_EQ(source.statements.size(), 2U);
    EXPECT_EQ(source.statements[0].text, "SELECT 1");
    EXPECT_EQ(source.statements[1].text, "SELECT\n 2");
    EXPECT_EQ(source.statements[1].start.line, 4U);
    EXPECT_EQ(source.statements[1].start.column, 3U);
}

TEST(Source, ReadsTheHeader) {
    const Read source("-- poststack: no-transaction\n-- poststack: irreversible\nSELECT 1;");

    EXPECT_TRUE(source.no_transaction);
    EXPECT_TRUE(source.is_irreversible);
}

TEST(Source, GivesIgnoreToTheNextStatement) {
    const Read source("SELECT 1;\n-- poststack: ignore cascade, truncate\n\nSELECT 2;\nSELECT 3;");

    EXPECT_FALSE(source.ignores("cascade", 0));
    EXPECT_TRUE(source.ignores("cascade", 1));
    EXPECT_TRUE(source.ignores("truncate", 1));
    EXPECT_FALSE(source.ignores("drop-table", 1));
    EXPECT_FALSE(source.ignores("cascade", 2));
}

TEST(Source, GivesATrailingIgnoreToItsOwnLine) {
    const Read source("SELECT 1; -- poststack: ignore cascade\nSELECT 2;");

    EXPECT_TRUE(source.ignores("cascade", 0));
    EXPECT_FALSE(source.ignores("cascade", 1));
}

TEST(Source, GivesIgnoreFileToAll) {
    const Read some("SELECT 1;\n-- poststack: ignore-file cascade\n");
    const Read every("-- poststack: ignore-file\nSELECT 1;");

    EXPECT_TRUE(some.ignores("cascade", 0));
    EXPECT_FALSE(some.ignores("truncate", 0));
    EXPECT_TRUE(every.ignores("truncate", 0));
}

TEST(Source, DoesNotTakeTextForComments) {
    const Read source(
        "SELECT '\n-- poststack: ignore cascade\n';\n/* \n-- poststack: ignore cascade\n*/\n"
        "COPY t FROM stdin;\n-- poststack: ignore cascade\n\\.\nSELECT 2;");

    ASSERT_EQ(source.statements.size(), 3U);
    EXPECT_TRUE(source.comments.empty());
}

TEST(Source, ReadsCommentsBehindCopyData) {
    const Read source(
        "\xef\xbb\xbf"
        "COPY t FROM stdin;\n1\n\\.\n-- poststack: ignore cascade\nSELECT 2;");

    ASSERT_EQ(source.comments.size(), 1U);
    EXPECT_TRUE(source.ignores("cascade", 1));
    EXPECT_EQ(source.comments[0].start.line, 4U);
}

TEST(Source, TellsWhereReadingEnded) {
    const Read source("SELECT 1;\n  SELECT 'x");

    ASSERT_TRUE(source.problem);
    EXPECT_EQ(source.problem->start.line, 2U);
    EXPECT_EQ(source.problem->start.column, 10U);
    EXPECT_THAT(source.problem->message, testing::Not(HasSubstr("001_a")));
    EXPECT_EQ(source.statements.size(), 1U);
}

}  // namespace
}  // namespace poststack::lint
