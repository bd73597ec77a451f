#include "migrate/scanner.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "migrate/scanner_cases.h"

namespace poststack::migrate {
namespace {

using test::ScannerCase;
using testing::ElementsAre;
using testing::HasSubstr;

/// Hands out at most `step` bytes a call, so that every token is cut somewhere.
class SlowSource final : public ByteSource {
  public:
    SlowSource(std::string_view text, std::size_t step) : rest_(text), step_(step) {}

    std::size_t read(char* into, std::size_t count) override {
        const std::size_t size = std::min({count, step_, rest_.size()});
        rest_.copy(into, size);
        rest_.remove_prefix(size);
        return size;
    }

  private:
    std::string_view rest_;
    std::size_t step_;
};

std::vector<std::string> bodies(std::string_view sql, std::size_t step, bool standard = true) {
    SlowSource source(sql, step);
    Scanner scanner(source, "a.sql");
    scanner.set_standard_strings(standard);
    std::vector<std::string> found;
    while (const auto statement = scanner.next()) {
        found.emplace_back(scanner.text(statement->start.offset, statement->body_end));
        if (!statement->is_copy_in) continue;
        std::string data;
        while (const auto piece = scanner.copy_data())
            data += *piece;
        found.push_back("data:" + data);
    }
    return found;
}

class ScannerCuts : public testing::TestWithParam<ScannerCase> {};

TEST_P(ScannerCuts, WholeAndInPieces) {
    const ScannerCase& wanted = GetParam();
    for (const std::size_t step :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{1000}}) {
        EXPECT_EQ(bodies(wanted.sql, step, wanted.standard_strings), wanted.expected) << step;
    }
}

INSTANTIATE_TEST_SUITE_P(Texts,
                         ScannerCuts,
                         testing::ValuesIn(test::scanner_cases()),
                         [](const auto& one) { return std::string(one.param.name); });

std::string refusal(std::string_view sql) {
    try {
        TextSource source(sql);
        Scanner scanner(source, "a.sql");
        while (scanner.next()) {
        }
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::config);
        return error.message();
    }
    return "accepted";
}

TEST(ScannerRefuses, BackslashCommandsByLineAndName) {
    EXPECT_EQ(refusal("SELECT 1;\n  \\i other.sql\n"),
              "a.sql:2:3: \"\\i\" is a command of psql, not SQL");
    EXPECT_THAT(refusal("SELECT 1 \\gset\n"), HasSubstr("a.sql:1:10: \"\\gset\""));
    EXPECT_THAT(refusal("\\copy t from x"), HasSubstr("a.sql:1:1: \"\\copy\""));
    EXPECT_THAT(refusal("SELECT \\restrict x\n;"), HasSubstr("a.sql:1:8: \"\\restrict\""));
}

TEST(ScannerRefuses, RestrictWithAnotherKey) {
    EXPECT_THAT(refusal("\\restrict a\n\\unrestrict b\n"),
                HasSubstr("a.sql:2:1: \"\\unrestrict\""));
    EXPECT_THAT(refusal("\\restrict\n"), HasSubstr("lacks its key"));
}

TEST(ScannerRefuses, WhatHasNoEnd) {
    EXPECT_EQ(refusal("SELECT 1;\nSELECT 'a"), "a.sql:2:8: the string that starts here has no end");
    EXPECT_THAT(refusal("SELECT \"a"), HasSubstr("1:8: the quoted identifier"));
    EXPECT_THAT(refusal("SELECT $x$ $y$"), HasSubstr("1:8: the dollar-quoted string"));
    EXPECT_THAT(refusal("SELECT 1; /* /* */"), HasSubstr("1:11: the comment"));
    EXPECT_THAT(refusal("SELECT 1;\nCOPY t FROM stdin;\n1\n2\n"),
                HasSubstr("a.sql:2:1: the data of this COPY ... FROM STDIN has no end"));
}

TEST(ScannerRefuses, NulBytes) {
    EXPECT_THAT(refusal(std::string_view("SELECT\n 1\0;", 11)), HasSubstr("a.sql:2:3: a NUL byte"));
}

TEST(ScannerRefuses, AStatementBehindCopyOnItsLine) {
    EXPECT_THAT(refusal("COPY t FROM stdin; SELECT 1;\n\\.\n"), HasSubstr("a.sql:1:20: something"));
}

TEST(Scanner, ReportsLineAndColumn) {
    TextSource source("-- h\xc3\xa9\n  SELECT 1; /* \xc3\xa9 */ SELECT 2;\n\nSELECT 3");
    Scanner scanner(source, "a.sql");

    EXPECT_EQ(scanner.next()->start.line, 2U);
    EXPECT_EQ(scanner.next()->start.column, 21U);
    const auto last = scanner.next();
    EXPECT_EQ(last->start.line, 4U);
    EXPECT_EQ(last->start.column, 1U);
}

TEST(Scanner, TellsWhichStatementsAreAdjacent) {
    TextSource source(
        "SELECT 1; SELECT 2;\n\\restrict x\nSELECT 3;\nCOPY t FROM stdin;\n\\.\nSELECT 4;");
    Scanner scanner(source, "a.sql");
    std::vector<bool> joins;
    while (const auto statement = scanner.next())
        joins.push_back(statement->joins_previous);

    EXPECT_THAT(joins, ElementsAre(false, true, false, true, false));
}

TEST(Scanner, KeepsHeldText) {
    std::string sql;
    for (int i = 0; i < 50'000; ++i)
        sql += "SELECT " + std::to_string(i) + ";\n";
    TextSource source(sql);
    Scanner scanner(source, "a.sql");
    const auto first = scanner.next();
    scanner.hold_from(first->start.offset);
    std::optional<Statement> last = first;
    for (int i = 0; i < 40'000; ++i)
        last = scanner.next();

    EXPECT_EQ(scanner.text(first->start.offset, last->end),
              std::string_view(sql).substr(0, last->end));
    EXPECT_EQ(last->start.line, 40'001U);
}

TEST(Scanner, StreamsLargeCopyData) {
    std::string sql = "COPY t FROM stdin;\n";
    for (int i = 0; i < 300'000; ++i)
        sql += std::to_string(i) + "\n";
    sql += "\\.\nSELECT 1;\n";
    TextSource source(sql);
    Scanner scanner(source, "a.sql");
    static_cast<void>(scanner.next());
    std::size_t bytes = 0;
    while (const auto piece = scanner.copy_data())
        bytes += piece->size();

    EXPECT_EQ(bytes, sql.size() - 19 - 13);
    EXPECT_EQ(scanner.next()->start.line, 300'003U);
}

}  // namespace
}  // namespace poststack::migrate
