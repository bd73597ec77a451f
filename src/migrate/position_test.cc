#include "migrate/position.h"

#include <gtest/gtest.h>

namespace poststack::migrate {
namespace {

TEST(TextPosition, CountsLinesAndCharacters) {
    TextPosition position;
    position.advance("select\n  'h\xc3\xa9' ");

    EXPECT_EQ(position, (TextPosition{15, 2, 8}));
}

TEST(TextPosition, GoesOnFromWhereItIs) {
    TextPosition position;
    position.advance("ab");
    position.advance("cd");
    EXPECT_EQ(position, (TextPosition{4, 1, 5}));
    position.advance("\n");
    EXPECT_EQ(position, (TextPosition{5, 2, 1}));
}

TEST(ByteOfCharacter, SkipsContinuationBytes) {
    EXPECT_EQ(byte_of_character("\xc3\xa9x", 1), 0U);
    EXPECT_EQ(byte_of_character("\xc3\xa9x", 2), 2U);
    EXPECT_EQ(byte_of_character("\xc3\xa9x", 9), 3U);
}

}  // namespace
}  // namespace poststack::migrate
