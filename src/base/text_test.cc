#include "base/text.h"

#include <array>
#include <limits>

#include <gtest/gtest.h>

namespace poststack {
namespace {

using namespace std::chrono_literals;

TEST(Trim, TakesBlanksOffBothEnds) {
    EXPECT_EQ(trim("  a b\t\r\n"), "a b");
    EXPECT_EQ(trim(" \n "), "");
    EXPECT_EQ(trim(""), "");
}

TEST(Split, KeepsEmptyParts) {
    EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
    EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
}

TEST(Join, PutsTheSeparatorBetween) {
    const std::vector<std::string> parts{"a", "b", "c"};

    EXPECT_EQ(join(parts, ", "), "a, b, c");
    EXPECT_EQ(join({}, ", "), "");
}

TEST(Case, ChangesAsciiAlone) {
    EXPECT_EQ(to_lower("AbZ\u00c4 9"), "abz\u00c4 9");
    EXPECT_EQ(to_upper("aBz\u00e4 9"), "ABZ\u00e4 9");
}

TEST(ParseInteger, TakesWholeDecimalNumbersOnly) {
    EXPECT_EQ(parse_integer("42"), 42);
    EXPECT_EQ(parse_integer("-7"), -7);
    EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
    for (const char* bad : {"", " 1", "1 ", "+1", "1.0", "0x10", "9223372036854775808", "one"}) {
        EXPECT_EQ(parse_integer(bad), std::nullopt) << bad;
    }
}

TEST(Nearest, OffersTheClosestWithinTwoEdits) {
    const std::array<std::string, 5> commands{"status", "up", "down", "migrate", "rollback"};

    EXPECT_EQ(nearest("statsu", commands), "status");
    EXPECT_EQ(nearest("STATUS", commands), "status");
    EXPECT_EQ(nearest("migarte", commands), "migrate");
    EXPECT_EQ(nearest("rolback", commands), "rollback");
    EXPECT_EQ(nearest("donw", commands), "down");
    EXPECT_EQ(nearest("destroy", commands), std::nullopt);
    EXPECT_EQ(nearest("ls", commands), std::nullopt) << "two edits of two letters say nothing";
    EXPECT_EQ(nearest("", commands), std::nullopt);
    EXPECT_EQ(nearest("up", {}), std::nullopt);
}

TEST(PercentEncode, KeepsUnreservedCharactersAlone) {
    EXPECT_EQ(percent_encode("AZaz09-._~"), "AZaz09-._~");
    EXPECT_EQ(percent_encode("p@s:s/w%rd &+"), "p%40s%3As%2Fw%25rd%20%26%2B");
    EXPECT_EQ(percent_encode("\u00e4"), "%C3%A4");
}

TEST(PercentDecode, RefusesBrokenEscapesAndNul) {
    EXPECT_EQ(percent_decode("a%40b%2fc"), "a@b/c");
    EXPECT_EQ(percent_decode("a+b"), "a+b") << "a plus is no blank in RFC 3986";
    EXPECT_EQ(percent_decode("%41"), "A") << "the last escape ends with the text";
    for (const char* bad : {"%", "%4", "a%", "%zz", "%4g", "%00", "x%0"}) {
        EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
    }
}

TEST(PercentDecode, UndoesEncode) {
    std::string all;
    for (int code = 1; code < 256; ++code)
        all += static_cast<char>(code);

    EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

TEST(HumanBytes, UsesPowersOf1024) {
    EXPECT_EQ(human_bytes(0), "0 bytes");
    EXPECT_EQ(human_bytes(1), "1 byte");
    EXPECT_EQ(human_bytes(1023), "1023 bytes");
    EXPECT_EQ(human_bytes(1024), "1.0 kB");
    EXPECT_EQ(human_bytes(38ULL << 20), "38 MB");
    EXPECT_EQ(human_bytes((1ULL << 30) * 12 / 10), "1.2 GB");
    EXPECT_EQ(human_bytes((1ULL << 20) - 1), "1.0 MB") << "never 1024 kB";
    EXPECT_EQ(human_bytes((10ULL << 10) - 1), "10 kB") << "never 10.0 kB";
    EXPECT_EQ(human_bytes(std::numeric_limits<std::uint64_t>::max()), "16 EB");
}

TEST(HumanDuration, ChoosesUnitsThatPeopleRead) {
    EXPECT_EQ(human_duration(0ns), "0.00 ms");
    EXPECT_EQ(human_duration(420us), "0.42 ms");
    EXPECT_EQ(human_duration(4240us), "4.2 ms");
    EXPECT_EQ(human_duration(850ms), "850 ms");
    EXPECT_EQ(human_duration(999600us), "1.00 s");
    EXPECT_EQ(human_duration(1240ms), "1.24 s");
    EXPECT_EQ(human_duration(30s), "30.0 s");
    EXPECT_EQ(human_duration(59990ms), "1 min 00 s");
    EXPECT_EQ(human_duration(185s), "3 min 05 s");
    EXPECT_EQ(human_duration(2h + 10min), "2 h 10 min");
    EXPECT_EQ(human_duration(99h), "4 d 3 h");
    EXPECT_EQ(human_duration(-850ms), "-850 ms");
}

TEST(UtcTimestamp, IsRfc3339) {
    using namespace std::chrono;

    EXPECT_EQ(utc_timestamp(sys_days{year(2026) / 11 / 28} + 7h + 9min + 3s + 999ms),
              "2026-11-28T07:09:03Z");
    EXPECT_EQ(utc_timestamp(sys_days{year(1969) / 12 / 31} + 23h), "1969-12-31T23:00:00Z");
}

TEST(ShellQuote, QuotesOnlyWhereNeeded) {
    EXPECT_EQ(shell_quote("a-b_c/d.e:f=g@h%i,j+k"), "a-b_c/d.e:f=g@h%i,j+k");
    EXPECT_EQ(shell_quote("a b"), "'a b'");
    EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
    EXPECT_EQ(shell_quote("$HOME"), "'$HOME'");
    EXPECT_EQ(shell_quote(""), "''");
    EXPECT_EQ(shell_quote("~"), "'~'");
}

}  // namespace
}  // namespace poststack
