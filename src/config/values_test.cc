#include "config/values.h"

#include <gtest/gtest.h>

namespace poststack::config {
namespace {

using std::chrono::milliseconds;

TEST(ParseBoolean, KnowsTheUsualWords) {
    for (const char* text : {"true", "Yes", "ON", "1"})
        EXPECT_EQ(parse_boolean(text), true) << text;
    for (const char* text : {"false", "No", "OFF", "0"})
        EXPECT_EQ(parse_boolean(text), false) << text;
    for (const char* text : {"", "2", "ja", "truee"})
        EXPECT_EQ(parse_boolean(text), std::nullopt) << text;
}

TEST(ParseDuration, ReadsUnits) {
    EXPECT_EQ(parse_duration("30"), milliseconds(30'000));
    EXPECT_EQ(parse_duration("0.5"), milliseconds(500));
    EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
    EXPECT_EQ(parse_duration("5 s"), milliseconds(5'000));
    EXPECT_EQ(parse_duration("2min"), milliseconds(120'000));
    EXPECT_EQ(parse_duration("2m"), milliseconds(120'000));
    EXPECT_EQ(parse_duration("1H"), milliseconds(3'600'000));
    EXPECT_EQ(parse_duration("1d"), milliseconds(86'400'000));
    EXPECT_EQ(parse_duration("0"), milliseconds(0));
}

TEST(ParseDuration, RefusesTheRest) {
    for (const char* text : {"", "s", "-1", "1w", "1e9", ".5", "5.", "1.2.3", "99999999d", "nan"})
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(ParseSize, ReadsUnits) {
    EXPECT_EQ(parse_size("1048576"), 1048576U);
    EXPECT_EQ(parse_size("512k"), 524288U);
    EXPECT_EQ(parse_size("512MB"), 536870912U);
    EXPECT_EQ(parse_size("2g"), 2147483648U);
    EXPECT_EQ(parse_size("1.5 GiB"), 1610612736U);
}

TEST(ParseSize, RefusesTheRest) {
    for (const char* text : {"", "MB", "-1", "1x", "99999999999999999999T", "0x10"})
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(ParseDecimal, ReadsPlainNumbersOnly) {
    EXPECT_EQ(parse_decimal("0.5"), 0.5);
    EXPECT_EQ(parse_decimal("2"), 2.0);
    for (const char* text : {"", "+1", "-1", "1e3", "inf", " 1", "1,5"})
        EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
}

}  // namespace
}  // namespace poststack::config
