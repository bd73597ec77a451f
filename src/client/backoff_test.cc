#include "client/backoff.h"

#include <gtest/gtest.h>

namespace poststack {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, DoublesUpToHalfAMinute) {
    EXPECT_EQ(longest_backoff(milliseconds(500), 1), milliseconds(500));
    EXPECT_EQ(longest_backoff(milliseconds(500), 2), milliseconds(1'000));
    EXPECT_EQ(longest_backoff(milliseconds(500), 4), milliseconds(4'000));
    EXPECT_EQ(longest_backoff(milliseconds(500), 1'000), milliseconds(30'000));
}

TEST(Backoff, IsARandomHalfToWholeOfIt) {
    bool varied = false;
    const milliseconds first = backoff(milliseconds(10'000), 1);
    for (int i = 0; i < 50; ++i) {
        const milliseconds wait = backoff(milliseconds(10'000), 1);
        EXPECT_GE(wait, milliseconds(5'000));
        EXPECT_LE(wait, milliseconds(10'000));
        varied = varied || wait != first;
    }
    EXPECT_TRUE(varied);
}

TEST(Backoff, ZeroMeansAtOnce) {
    EXPECT_EQ(backoff(milliseconds(0), 3), milliseconds(0));
}

}  // namespace
}  // namespace poststack
