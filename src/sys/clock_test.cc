#include "sys/clock.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace poststack::sys {
namespace {

using namespace std::chrono_literals;

TEST(FakeClock, MovesOnlyWhenToldToOrSleptOn) {
    FakeClock clock;
    const auto start = clock.now();
    const auto day = clock.today();

    clock.sleep(90s);
    clock.advance(500ms);

    EXPECT_EQ(clock.now() - start, 90500ms);
    EXPECT_EQ(clock.today() - day, 90500ms);
    EXPECT_EQ(utc_timestamp(day), "2026-01-01T00:00:00Z");
}

TEST(SystemClock, SleepsAtLeastAsLongAsAsked) {
    Clock& clock = system_clock();
    const auto start = clock.now();

    clock.sleep(3ms);

    EXPECT_GE(clock.now() - start, 3ms);
}

}  // namespace
}  // namespace poststack::sys
