#include "lint/parser.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack::lint {
namespace {

using testing::HasSubstr;

TEST(Parse, GivesTheStatement) {
    const Parsed parsed = parse("CREATE UNIQUE INDEX \"my\\i\"\"x\" ON s.t (a)");

    const Node body = parsed.statement().as("IndexStmt");
    EXPECT_EQ(body["idxname"].text(), "my\\i\"x");
    EXPECT_TRUE(body["unique"].flag());
    EXPECT_FALSE(body["concurrent"].flag());
    EXPECT_EQ(body["relation"]["schemaname"].text(), "s");
    EXPECT_EQ(body["relation"]["location"].number(), 33);
    EXPECT_EQ(body["indexParams"].size(), 1U);
}

TEST(Parse, UnescapesWhatTheTreeEscapes) {
    const Parsed parsed = parse("SELECT E'a\\tb\\n\\x01<\xc3\xa4>'");

    const auto found = parsed.statement().inside("sval");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[1].text(), "a\tb\n\x01<\xc3\xa4>");
}

TEST(Parse, SaysWhyAStatementIsNotAnalysed) {
    for (const char* newer : {"MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE RETURNING 1",
                              "SELECT * FROM JSON_TABLE(x, '$[*]' COLUMNS (a int PATH '$.a'))",
                              "ALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS (a) VIRTUAL"}) {
        const Parsed parsed = parse(newer);
        EXPECT_FALSE(parsed.statement()) << newer;
        EXPECT_THAT(parsed.reason, HasSubstr("syntax error")) << newer;
    }
}

TEST(Parse, SurvivesDeepExpressions) {
    std::string deep = "SELECT 1";
    for (int i = 0; i < 9'000; ++i)
        deep += "+1";
    EXPECT_EQ(parse(deep).statement().inside("A_Expr").size(), 9'000U);
}

TEST(Parse, LeavesVeryLongStatementsAlone) {
    std::string longest = "SELECT 1";
    for (int i = 0; i < 50'000; ++i)
        longest += "+1";
    const Parsed parsed = parse(longest);
    EXPECT_FALSE(parsed.statement());
    EXPECT_THAT(parsed.reason, HasSubstr("20,000 tokens"));
}

TEST(Parse, TakesALongFunctionBodyAsOneToken) {
    const std::string body(300'000, 'x');
    EXPECT_TRUE(
        parse("CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$" + body + "$$").statement());
}

TEST(Node, OfNothingIsNothing) {
    const Node nothing;
    EXPECT_FALSE(nothing);
    EXPECT_FALSE(nothing["x"].as("Y").body()["z"]);
    EXPECT_EQ(nothing.text(), "");
    EXPECT_EQ(nothing.size(), 0U);
    EXPECT_TRUE(nothing.inside("x").empty());
}

TEST(Tree, RefusesWhatIsCutOff) {
    for (const char* broken :
         {"", "{", "{\"a\":", "{\"a\":[1", "{\"a\":\"b", "{\"a\":\"\\u00", "[1}"}) {
        EXPECT_THROW(Tree{broken}, Error) << broken;
    }
}

}  // namespace
}  // namespace poststack::lint
