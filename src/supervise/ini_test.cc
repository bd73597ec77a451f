#include "supervise/ini.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "supervise/expand.h"
#include "supervise/words.h"

namespace poststack::supervise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

std::vector<IniSection> parse(std::string_view text) {
    std::vector<IniSection> sections;
    parse_ini(text, "s.conf", sections);
    return sections;
}

std::string value_of(std::string_view text, std::string_view key) {
    const auto sections = parse(text);
    const IniEntry* entry = sections.at(0).find(key);
    return entry == nullptr ? "(none)" : entry->value;
}

std::string refusal(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return std::string(error.what()) + "|" + error.hint();
    }
    return "(none)";
}

TEST(Ini, ReadsKeysInAnyCaseWithEitherMark) {
    EXPECT_EQ(value_of("[a]\nKey = 1\n", "key"), "1");
    EXPECT_EQ(value_of("[a]\nkey:1=2\n", "key"), "1=2");
    EXPECT_EQ(value_of("[a]\nkey=\n", "key"), "");
    EXPECT_EQ(value_of("[a]\r\nkey = x\r\n", "key"), "x");
}

TEST(Ini, TakesCommentsOffOnlyBehindWhiteSpace) {
    EXPECT_EQ(value_of("; c\n# c\n[a]\nkey = a;b ; c\n", "key"), "a;b");
    EXPECT_EQ(value_of("[a]\nkey = a#b\t# c\n", "key"), "a#b");
}

TEST(Ini, ContinuesIndentedLines) {
    EXPECT_EQ(value_of("[a]\nkey = 1,\n   2\n; between\n   3\nother = x\n", "key"), "1,\n2\n3");
    EXPECT_EQ(value_of("[a]\n  key = 1\n  other = 2\n", "other"), "2");
}

TEST(Ini, KeepsTheLastOfTwo) {
    const auto sections = parse("[a]\nk=1\n[b]\nx=1\n[a]\nk=2\nl=3\n");

    ASSERT_EQ(sections.size(), 2U);
    EXPECT_EQ(sections[0].find("k")->value, "2");
    EXPECT_EQ(sections[0].find("k")->place.to_text(), "s.conf:6");
    EXPECT_EQ(sections[0].find("l")->value, "3");
}

TEST(Ini, RefusesByLine) {
    EXPECT_THAT(refusal([] { parse("[a]\nnonsense\n"); }),
                StartsWith("s.conf:2: \"nonsense\" is neither"));
    EXPECT_THAT(refusal([] { parse("\nk=1\n"); }), StartsWith("s.conf:2: \"k\" stands before"));
    EXPECT_THAT(refusal([] { parse("[a\n"); }), StartsWith("s.conf:1: section \"[a\" has no"));
    EXPECT_THAT(refusal([] { parse("[]\n"); }), StartsWith("s.conf:1: section without"));
    EXPECT_THAT(refusal([] { parse("[a]\n= 1\n"); }), StartsWith("s.conf:2: a value without"));
}

TEST(Expand, FillsNamesInLikePython) {
    const Expansions names{{"n", "7"}, {"s", "x"}, {"ENV_P", "50%(n)s"}};
    const auto fill = [&](std::string_view text) { return expand(text, names, "k", {}); };

    EXPECT_EQ(fill("a%(n)02d"), "a07");
    EXPECT_EQ(fill("%(n)s-%(s)s"), "7-x");
    EXPECT_EQ(fill("%(s)-3s|%(s)3s|%(n)-3d|"), "x  |  x|7  |");
    EXPECT_EQ(fill("100%% %(ENV_P)s"), "100% 50%(n)s");
    EXPECT_EQ(fill("50% off%"), "50% off%");
}

TEST(Expand, NamesTheUnknownAndTheNearest) {
    const Expansions names{{"program_name", "api"}, {"ENV_HOME", "/"}};
    const auto refuse = [&](std::string_view text) {
        return refusal([&] { (void)expand(text, names, "command", {"s.conf", 3}); });
    };

    EXPECT_EQ(refuse("%(program_nam)s"),
              "s.conf:3: \"command\" uses %(program_nam)s, which is not set|Did you mean "
              "%(program_name)s?");
    EXPECT_THAT(refuse("%(ENV_TOKEN)s"), HasSubstr("Set TOKEN in the environment"));
    EXPECT_THAT(refuse("%(open"), HasSubstr("unfinished"));
    EXPECT_THAT(refuse("%(program_name)x"), HasSubstr("only s and d"));
}

TEST(Words, SplitCommandsLikeAShell) {
    EXPECT_THAT(*split_command(R"(sh -c "echo \"a\" $x" 'it''s' a\ b "c\d")"),
                ElementsAre("sh", "-c", "echo \"a\" $x", "its", "a b", "c\\d"));
    EXPECT_THAT(*split_command("a\n  b ''"), ElementsAre("a", "b", ""));
    EXPECT_FALSE(split_command("a 'b"));
    EXPECT_FALSE(split_command("a \\"));
}

TEST(Words, SplitVariables) {
    EXPECT_THAT(*split_variables("A=\"1,2\", B='x y' ,C=/a/b-c:1,"),
                ElementsAre(Pair("A", "1,2"), Pair("B", "x y"), Pair("C", "/a/b-c:1")));
    EXPECT_THAT(*split_variables("A=1,\n A=2"), ElementsAre(Pair("A", "2")));
    EXPECT_THAT(*split_variables(""), ElementsAre());
    EXPECT_FALSE(split_variables("A"));
    EXPECT_FALSE(split_variables("A=\"open"));
    EXPECT_FALSE(split_variables("=1"));
}

}  // namespace
}  // namespace poststack::supervise
