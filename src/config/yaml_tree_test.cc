#include "config/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/caught.h"

namespace poststack::config {
namespace {

using testing::HasSubstr;
using Kind = YamlNode::Kind;

YamlNode read(const std::string& text) {
    return read_yaml_tree(text, "compose.yaml");
}

std::string message(const std::string& text) {
    return test::caught([&] { static_cast<void>(read(text)); }).message();
}

TEST(YamlTree, KeepsPlacesOrderAndQuotes) {
    const YamlNode tree = read("b: 1\na: \"1\"\nc:\n  - x\n  - {y: z}\n");
    ASSERT_TRUE(tree.is_mapping());
    EXPECT_EQ(tree.pairs[0].key, "b");
    EXPECT_FALSE(tree.pairs[0].value.quoted);
    EXPECT_TRUE(tree.find("a")->quoted);
    EXPECT_EQ(tree.find("c")->items[1].find("y")->text, "z");
    EXPECT_EQ(tree.find("c")->items[1].find("y")->where(), "compose.yaml:5:9");
    EXPECT_EQ(tree.find("nothing"), nullptr);
}

TEST(YamlTree, NothingIsNull) {
    EXPECT_TRUE(read("").is_null());
    EXPECT_TRUE(read("a:\n").find("a")->is_null());
    EXPECT_TRUE(read("a: ~\n").find("a")->is_null());
    EXPECT_TRUE(read("a: \"\"\n").find("a")->is_scalar());
}

TEST(YamlTree, MergesMappingsBehindOwnKeys) {
    const YamlNode tree = read(
        "one: &one {a: 1, b: 1}\n"
        "two: &two {b: 2, c: 2}\n"
        "all:\n  <<: [*one, *two]\n  a: own\n");
    const YamlNode& all = *tree.find("all");
    EXPECT_EQ(all.find("a")->text, "own");
    EXPECT_EQ(all.find("b")->text, "1");
    EXPECT_EQ(all.find("c")->text, "2");
    EXPECT_EQ(all.pairs.size(), 3U);
}

TEST(YamlTree, KnowsTheTagsOfCompose) {
    const YamlNode tree = read("a: !reset null\nb: !override [1]\nc: !!str 5\n");
    EXPECT_EQ(tree.find("a")->tag, "!reset");
    EXPECT_EQ(tree.find("b")->tag, "!override");
    EXPECT_EQ(tree.find("c")->text, "5");
    EXPECT_THAT(message("a: !python/object x\n"), HasSubstr("compose.yaml:1:4\": unknown tag"));
}

TEST(YamlTree, SaysWhatIsWrongWhere) {
    EXPECT_THAT(message("a: 1\nb: 2\na: 3\n"),
                HasSubstr("compose.yaml:3:1\": key \"a\" stands already in line 1"));
    EXPECT_THAT(message("a: \"open\nb: 1\n"), HasSubstr("compose.yaml:1:4"));
    EXPECT_THAT(message("a: 1\n---\nb: 2\n"), HasSubstr("second document"));
    EXPECT_THAT(message("? [a]\n: 1\n"), HasSubstr("a key is not plain text"));
    EXPECT_THAT(message("a: *nobody\n"), HasSubstr("compose.yaml:1:"));
    EXPECT_THAT(message("a:\n  <<: 5\n"), HasSubstr("merges mappings only"));
}

TEST(YamlTree, StopsAtAliasesOfAliases) {
    std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int level = 1; level < 9; ++level) {
        const std::string below = "*a" + std::to_string(level - 1);
        text += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [";
        for (int copy = 0; copy < 10; ++copy)
            text += (copy == 0 ? "" : ", ") + below;
        text += "]\n";
    }
    EXPECT_THAT(message(text), HasSubstr("grow it beyond reason"));
}

}  // namespace
}  // namespace poststack::config
