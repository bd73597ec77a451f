#include "config/yaml_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string failure(const std::string& text) {
    try {
        static_cast<void>(read_flat_yaml(text, "/p/poststack.yaml"));
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::config);
        return error.message();
    }
    return "nothing was thrown";
}

TEST(ReadFlatYaml, KeepsScalarsAsTheyWereWritten) {
    const auto entries =
        read_flat_yaml("a: no\nb: 0123\nc: 1e3\nd: \"x: y\"\ne: 5432 # why\n", "f");

    ASSERT_EQ(entries.size(), 5U);
    EXPECT_EQ(entries[0].text, "no");
    EXPECT_EQ(entries[1].text, "0123");
    EXPECT_EQ(entries[2].text, "1e3");
    EXPECT_EQ(entries[3].text, "x: y");
    EXPECT_EQ(entries[4].text, "5432");
    EXPECT_EQ(entries[4].line, 5);
}

TEST(ReadFlatYaml, ReadsListsAndMapsOfScalars) {
    const auto entries =
        read_flat_yaml("extensions: [pgcrypto, citext]\nsettings:\n  work_mem: 8MB\nnone:\n", "f");

    ASSERT_EQ(entries.size(), 3U);
    EXPECT_THAT(entries[0].items, ElementsAre("pgcrypto", "citext"));
    EXPECT_THAT(entries[1].items, ElementsAre("work_mem=8MB"));
    EXPECT_TRUE(entries[2].is_null);
}

TEST(ReadFlatYaml, TakesAnEmptyFile) {
    EXPECT_THAT(read_flat_yaml("", "f"), IsEmpty());
    EXPECT_THAT(read_flat_yaml("# nothing\n", "f"), IsEmpty());
}

TEST(ReadFlatYaml, NamesLineAndColumnOfAMistake) {
    EXPECT_THAT(failure("a: 1\n  b: 2\n"), HasSubstr("cannot read \"/p/poststack.yaml:2:4\": "));
    EXPECT_THAT(failure("a: 1\nb: 2\na: 3\n"),
                HasSubstr("poststack.yaml:3:1\": key \"a\" stands already in line 1"));
    EXPECT_THAT(failure("- a\n"), HasSubstr("poststack.yaml:1:1\": the file is not a mapping"));
    EXPECT_THAT(failure("a: [[1]]\n"), HasSubstr("\"a\" holds values inside values"));
    EXPECT_THAT(failure("a: {b: {c: 1}}\n"), HasSubstr("\"a\" holds values inside values"));
    EXPECT_THAT(failure("a: 1\n---\nb: 2\n"), HasSubstr("there is a second document"));
    EXPECT_THAT(failure("a: \"open\n"),
                HasSubstr("poststack.yaml:1:4\": the closing quote is missing"));
    EXPECT_THAT(failure("a: 'ü'\nb: ['ü', 'it''s']\nc: 'it''s\n"),
                HasSubstr("poststack.yaml:3:4\": the closing quote is missing"));
    EXPECT_THAT(failure("? [x]\n: y\n"), HasSubstr("a key is not plain text"));
    EXPECT_THAT(failure("&a [*a]\n"), HasSubstr("nested too deeply"));
    EXPECT_THAT(failure("role_name: &a\n  - *a\n"), HasSubstr("nested too deeply"));
}

TEST(ReadComposeName, IgnoresEverythingElse) {
    const auto found = read_compose_name(
        "x-a: &a {b: 1}\nservices:\n  db: {<<: *a, image: postgres}\nname: shop\n", "compose.yaml");

    ASSERT_TRUE(found);
    EXPECT_EQ(found->text, "shop");
    EXPECT_EQ(found->line, 4);
    EXPECT_FALSE(read_compose_name("services: {}\n", "compose.yaml"));
}

}  // namespace
}  // namespace poststack::config
