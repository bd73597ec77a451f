#include "sys/random.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poststack::sys {
namespace {

std::set<char> letters_of(const Secret& secret) {
    return {secret.reveal().begin(), secret.reveal().end()};
}

TEST(Random, AlphanumericUsesItsWholeAlphabet) {
    const Secret text = random_alphanumeric(20000);

    EXPECT_EQ(text.reveal().size(), 20000U);
    EXPECT_EQ(letters_of(text).size(), 62U);
    EXPECT_FALSE(letters_of(text).contains('-'));
    EXPECT_FALSE(letters_of(text).contains('_'));
}

TEST(Random, TokenUsesUrlSafeBase64) {
    EXPECT_EQ(letters_of(random_token(20000)).size(), 64U);
    EXPECT_EQ(random_token(43).reveal().size(), 43U);
    EXPECT_TRUE(random_token(0).empty());
}

TEST(Random, NeverRepeats) {
    EXPECT_NE(random_token(24).reveal(), random_token(24).reveal());
    EXPECT_NE(random_u64(), random_u64());
    EXPECT_NE(random_uuid(), random_uuid());
}

TEST(Random, UuidIsVersion4) {
    for (int round = 0; round < 50; ++round) {
        EXPECT_THAT(random_uuid(),
                    testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                          "[0-9a-f]{12}"));
    }
}

}  // namespace
}  // namespace poststack::sys
