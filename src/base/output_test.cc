#include "base/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"

namespace poststack {
namespace {

TEST(Table, AlignsColumns) {
    Table table({"NAME", "SIZE", "STATE"});
    table.align_right(1);
    table.add({"orders", "7", "up"});
    table.add({"b", "1200", ""});

    EXPECT_EQ(table.to_text(),
              "NAME    SIZE  STATE\n"
              "orders     7  up\n"
              "b       1200\n");
}

TEST(Table, FillsMissingCellsAndRefusesSurplus) {
    Table table({"A", "B"});
    table.add({"x"});

    EXPECT_EQ(table.to_text(), "A  B\nx\n");
    EXPECT_THROW(table.add({"1", "2", "3"}), Error);
}

TEST(Table, MeasuresCellsNotBytes) {
    Table table({"NAME", "X"});
    table.add({"b\u00fccher", "1"});
    table.add({"\u6570\u636e", "2"});

    EXPECT_EQ(table.to_text(),
              "NAME    X\n"
              "b\u00fccher  1\n"
              "\u6570\u636e    2\n");
}

TEST(Table, ContinuesTheWidestColumnOnTheNextLine) {
    Table table({"NAME", "PATH"});
    table.add({"orders", "/a/very/long/path/that/does/not/fit"});
    table.add({"b", "two words and more of them"});

    const std::string text = table.to_text(24);

    EXPECT_EQ(text,
              "NAME    PATH\n"
              "orders  /a/very/long/\n"
              "        path/that/does/\n"
              "        not/fit\n"
              "b       two words and\n"
              "        more of them\n");
    for (const std::string_view line : split(text, '\n'))
        EXPECT_LE(display_width(line), 24U);
}

TEST(Table, BreaksWordsThatAreWiderThanTheirColumn) {
    Table table({"AAAAAAAAAA", "BBBBBBBB"});
    table.add({"aaaaaaaaaa", "\u6570\u6570\u6570\u6570\u6570"});

    EXPECT_EQ(table.to_text(18),
              "AAAAAAAA  BBBBBBBB\n"
              "AA\n"
              "aaaaaaaa  \u6570\u6570\u6570\u6570\n"
              "aa        \u6570\n");
}

TEST(Table, AlignsNumbersInContinuedRows) {
    Table table({"FILE", "SIZE"});
    table.align_right(1);
    table.add({"logs/poststack_a.log", "7"});

    EXPECT_EQ(table.to_text(16), "FILE        SIZE\nlogs/          7\npoststack_\na.log\n");
}

TEST(Table, BecomesRecordsWhereItsColumnsDoNotFit) {
    Table table({"VERSION", "STATE", "APPLIED AT", "ROLLBACK"});
    table.add({"001", "applied", "2026-11-28T07:09:03Z", "yes"});
    table.add({"002", "pending", "", "no"});

    EXPECT_EQ(table.to_text(30),
              "VERSION:    001\n"
              "STATE:      applied\n"
              "APPLIED AT: 2026-11-28T07:09:03Z\n"
              "ROLLBACK:   yes\n"
              "\n"
              "VERSION:  002\n"
              "STATE:    pending\n"
              "ROLLBACK: no\n");
}

TEST(Table, CannotBeBrokenByItsCells) {
    Table table({"A", "B"});
    table.add({"one\ntwo", "\x1b[2J"});

    EXPECT_EQ(table.to_text(), "A        B\none two   [2J\n");
}

TEST(Table, WithoutRowsIsItsHeader) {
    const Table table({"A", "B"});

    EXPECT_TRUE(table.empty());
    EXPECT_EQ(table.to_text(80), "A  B\n");
}

TEST(Fields, AlignValuesAndContinueThem) {
    EXPECT_EQ(to_text({{"host", "localhost"}, {"database", "orders"}, {"", "and more"}, {"x", ""}}),
              "host:     localhost\n"
              "database: orders\n"
              "          and more\n"
              "x:\n");
}

TEST(DisplayWidth, CountsTerminalCells) {
    EXPECT_EQ(display_width(""), 0U);
    EXPECT_EQ(display_width("abc"), 3U);
    EXPECT_EQ(display_width("\u00e4"), 1U);
    EXPECT_EQ(display_width("a\u0308"), 1U) << "a combining mark takes no cell";
    EXPECT_EQ(display_width("\u6570"), 2U);
    EXPECT_EQ(display_width("\U0001f418"), 2U);
    EXPECT_EQ(display_width("\xff\xc3"), 2U) << "each broken byte is one cell";
}

}  // namespace
}  // namespace poststack
