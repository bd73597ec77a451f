#include "catalog/line_diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poststack::catalog {
namespace {

using ::testing::ElementsAre;

TEST(LineDiff, MarksLinesAndKeepsTheirSurroundings) {
    EXPECT_THAT(line_diff("1\n2\n3\n4\n5\n6\n7\n8", "1\n2\n3\n4\nfive\n6\n7\n8", 1),
                ElementsAre("...", "  4", "- 5", "+ five", "  6", "..."));
}

TEST(LineDiff, FindsMovedAndInsertedLines) {
    EXPECT_THAT(line_diff("a\nb\nc", "b\nc\na"), ElementsAre("- a", "  b", "  c", "+ a"));
    EXPECT_THAT(line_diff("", "x"), ElementsAre("- ", "+ x"));
}

TEST(LineDiff, ShowsVeryLongPartsAsAWhole) {
    std::string before;
    std::string after;
    for (int i = 0; i < 3000; ++i) {
        before += "a\n";
        after += "b\n";
    }

    EXPECT_EQ(line_diff(before, after, 0).size(), 6001U);
}

}  // namespace
}  // namespace poststack::catalog
