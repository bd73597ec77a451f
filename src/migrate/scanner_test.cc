#include "migrate/scanner.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack::migrate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

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

struct Case {
    const char* name;
    std::string sql;
    std::vector<std::string> expected;
    bool standard_strings = true;
};

class ScannerCuts : public testing::TestWithParam<Case> {};

TEST_P(ScannerCuts, WholeAndInPieces) {
    const Case& wanted = GetParam();
    for (const std::size_t step :
         {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{1000}}) {
        EXPECT_EQ(bodies(wanted.sql, step, wanted.standard_strings), wanted.expected) << step;
    }
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
    return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Plain,
    ScannerCuts,
    testing::Values(
        Case{"Empty", "", {}},
        Case{"OnlyBlanksAndComments", " \n-- x;\n/* y; */ ", {}},
        Case{"EmptyStatements", ";;\n ; SELECT 1;;", {"SELECT 1"}},
        Case{"TwoOnALine", "SELECT 1; SELECT 2;", {"SELECT 1", "SELECT 2"}},
        Case{"NoFinalSemicolonPlusComment", "SELECT 1;\nSELECT 2 -- end", {"SELECT 1", "SELECT 2"}},
        Case{"ByteOrderMark", "\xef\xbb\xbfSELECT 1;", {"SELECT 1"}},
        Case{"CarriageReturns", "SELECT 1;\r\nSELECT\r\n2;\r\n", {"SELECT 1", "SELECT\r\n2"}},
        Case{"CommentEndingInBackslash", "-- c:\\\nSELECT 1;", {"SELECT 1"}},
        Case{"SemicolonInLineComment", "SELECT 1 -- ;\n+ 2;", {"SELECT 1 -- ;\n+ 2"}},
        Case{"NestedComments", "/* /* ; */ ; */ SELECT /*/*;*/;*/ 1;", {"SELECT /*/*;*/;*/ 1"}},
        Case{"SlashStarSlash", "/*/ ; */ SELECT 1;", {"SELECT 1"}},
        Case{"CommentInOperator", "SELECT 1 +--;\n2;", {"SELECT 1 +--;\n2"}},
        Case{"StarsBeforeClose", "/**; **/SELECT 1;", {"SELECT 1"}},
        Case{"DivisionAndMinus", "SELECT 4/2-1;", {"SELECT 4/2-1"}},
        Case{"PlainPlaceholders",
             "SELECT '${X}', ':name', '%s', j ? 'a' :name;",
             {"SELECT '${X}', ':name', '%s', j ? 'a' :name"}}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Quotes,
    ScannerCuts,
    testing::Values(
        Case{"Doubled", "SELECT 'it''s;';", {"SELECT 'it''s;'"}},
        Case{"BackslashBeforeQuote", "SELECT 'C:\\'; SELECT 2;", {"SELECT 'C:\\'", "SELECT 2"}},
        Case{"EscapeString", "SELECT E'a\\';b'; SELECT 2;", {"SELECT E'a\\';b'", "SELECT 2"}},
        Case{"EscapeDoubledBackslash", "SELECT e'\\\\'; SELECT 2;", {"SELECT e'\\\\'", "SELECT 2"}},
        Case{"WordEndingInE", "SELECT name'x\\'; SELECT 2;", {"SELECT name'x\\'", "SELECT 2"}},
        Case{"EscapeContinued",
             "SELECT E'a' -- c\n  '\\';'; SELECT 2;",
             {"SELECT E'a' -- c\n  '\\';'", "SELECT 2"}},
        Case{"EscapeNotContinued",
             "SELECT E'a' 'b\\'; SELECT 2;",
             {"SELECT E'a' 'b\\'", "SELECT 2"}},
        Case{"NonStandard", "SELECT 'a\\';b'; SELECT 2;", {"SELECT 'a\\';b'", "SELECT 2"}, false},
        Case{"UnicodeNonStandard",
             "SELECT U&'a\\'; SELECT 2;",
             {"SELECT U&'a\\'", "SELECT 2"},
             false},
        Case{"BitString", "SELECT B'1;0', x'f;';", {"SELECT B'1;0', x'f;'"}},
        Case{"UnicodeString",
             "SELECT U&'d\\0061;' UESCAPE '!';",
             {"SELECT U&'d\\0061;' UESCAPE '!'"}},
        Case{"UnicodeIdentifier", "SELECT U&\"d\\0061t;a\";", {"SELECT U&\"d\\0061t;a\""}},
        Case{"QuotedIdentifier", "SELECT \"a;\"\"b\";", {"SELECT \"a;\"\"b\""}},
        Case{"BackslashInIdentifier", "SELECT \"a\\\"; SELECT 2;", {"SELECT \"a\\\"", "SELECT 2"}}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    DollarQuotes,
    ScannerCuts,
    testing::Values(
        Case{"Plain", "SELECT $$a;b$$;", {"SELECT $$a;b$$"}},
        Case{"Tagged", "SELECT $a$ $b$; $b$ ; $a$;", {"SELECT $a$ $b$; $b$ ; $a$"}},
        Case{"NestedTag", "SELECT $$ $f$; $$; SELECT 2;", {"SELECT $$ $f$; $$", "SELECT 2"}},
        Case{"QuoteInside", "SELECT $q$it's;$q$;", {"SELECT $q$it's;$q$"}},
        Case{"InIdentifier", "SELECT a$b$c; SELECT 2;", {"SELECT a$b$c", "SELECT 2"}},
        Case{"Parameter", "SELECT $1; SELECT 2;", {"SELECT $1", "SELECT 2"}},
        Case{"AfterNumber", "SELECT 1$$;$$;", {"SELECT 1$$;$$"}},
        Case{"TagCase", "SELECT $A$;$a$;$A$;", {"SELECT $A$;$a$;$A$"}},
        Case{"NonAsciiTag", "SELECT $\xc3\xa9$;$\xc3\xa9$;", {"SELECT $\xc3\xa9$;$\xc3\xa9$"}},
        Case{"LoneDollar", "SELECT $ ; SELECT 2;", {"SELECT $", "SELECT 2"}}),
    case_name);

const std::string atomic =
    "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC\n"
    "  SELECT CASE WHEN a > 1 THEN 2 END;\n  SELECT 3;\nEND";

INSTANTIATE_TEST_SUITE_P(
    Nesting,
    ScannerCuts,
    testing::Values(
        Case{"Rule",
             "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3;",
             {"CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"}},
        Case{"SurplusParenthesis", "SELECT 1); SELECT 2;", {"SELECT 1)", "SELECT 2"}},
        Case{"UnclosedParenthesis", "SELECT (1; SELECT 2;", {"SELECT (1; SELECT 2;"}},
        Case{"AtomicBody", atomic + "; SELECT 4;", {atomic, "SELECT 4"}},
        Case{"AtomicProcedure",
             "create or replace procedure p() begin atomic select 1; end; SELECT 2;",
             {"create or replace procedure p() begin atomic select 1; end", "SELECT 2"}},
        Case{"BeginInParentheses",
             "CREATE FUNCTION f(\"begin\" int, begin int) RETURNS int AS $$x;$$; SELECT 2;",
             {"CREATE FUNCTION f(\"begin\" int, begin int) RETURNS int AS $$x;$$", "SELECT 2"}},
        Case{"EndAsQuotedIdentifier",
             "CREATE FUNCTION f() BEGIN ATOMIC SELECT 1 AS \"end\"; SELECT 2; END; SELECT 3;",
             {"CREATE FUNCTION f() BEGIN ATOMIC SELECT 1 AS \"end\"; SELECT 2; END", "SELECT 3"}},
        Case{"CaseOutsideBody",
             "CREATE FUNCTION f() RETURNS int RETURN CASE WHEN true THEN 1 END; SELECT 2;",
             {"CREATE FUNCTION f() RETURNS int RETURN CASE WHEN true THEN 1 END", "SELECT 2"}},
        Case{"BeginElsewhere", "BEGIN; SELECT 1; END;", {"BEGIN", "SELECT 1", "END"}},
        Case{"DoBlock", "DO $$ BEGIN PERFORM 1; END $$;", {"DO $$ BEGIN PERFORM 1; END $$"}}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Copy,
    ScannerCuts,
    testing::Values(
        Case{"Data",
             "COPY t (a, b) FROM stdin;\n1\tx;\n2\t'\n\\.\nSELECT 1;",
             {"COPY t (a, b) FROM stdin", "data:1\tx;\n2\t'\n", "SELECT 1"}},
        Case{"NoRows",
             "copy t from STDIN;\n\\.\nSELECT 1;",
             {"copy t from STDIN", "data:", "SELECT 1"}},
        Case{"Csv",
             "COPY t FROM stdin WITH (FORMAT csv); -- rows\n\"a\n\\.b\"\n\\.\n",
             {"COPY t FROM stdin WITH (FORMAT csv)", "data:\"a\n\\.b\"\n"}},
        Case{"CarriageReturnEnd",
             "COPY t FROM stdin;\r\n1\r\n\\.\r\nSELECT 1;",
             {"COPY t FROM stdin", "data:1\r\n", "SELECT 1"}},
        Case{"EndWithoutNewline", "COPY t FROM stdin;\n1\n\\.", {"COPY t FROM stdin", "data:1\n"}},
        Case{"LooksLikeEnd",
             "COPY t FROM stdin;\n\\.x\nx\\.\n\\N\n\\.\n",
             {"COPY t FROM stdin", "data:\\.x\nx\\.\n\\N\n"}},
        Case{"FromFile", "COPY t FROM '/x'; SELECT 1;", {"COPY t FROM '/x'", "SELECT 1"}},
        Case{"ToStdout", "COPY t TO stdout; SELECT 1;", {"COPY t TO stdout", "SELECT 1"}},
        Case{"QueryWithFromStdin",
             "COPY (SELECT * FROM stdin) TO stdout; SELECT 1;",
             {"COPY (SELECT * FROM stdin) TO stdout", "SELECT 1"}},
        Case{"TableNamedCopy",
             "SELECT copy FROM stdin; SELECT 1;",
             {"SELECT copy FROM stdin", "SELECT 1"}}),
    case_name);

INSTANTIATE_TEST_SUITE_P(PsqlCommands,
                         ScannerCuts,
                         testing::Values(Case{"Restrict",
                                              "\\restrict aB3\nSELECT 1;\n\\unrestrict aB3\n",
                                              {"SELECT 1"}}),
                         case_name);

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
