#include "catalog/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace poststack::catalog {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

using Attributes = std::vector<std::pair<std::string, std::string>>;

ObjectPtr object(Kind kind,
                 std::string identity,
                 Attributes attributes = {},
                 std::string parent = {}) {
    auto made = std::make_shared<Object>();
    *made = {kind, std::move(identity), std::move(parent), std::move(attributes)};
    return made;
}

ObjectPtr order(const std::string& table, const std::string& columns) {
    return object(Kind::column_order, "table " + table, {{"columns", columns}}, "table " + table);
}

TEST(Diff, IsEmptyForEqualFingerprints) {
    const Fingerprint one({object(Kind::table, "public.a"), object(Kind::schema, "public")});
    const Fingerprint same({object(Kind::schema, "public"), object(Kind::table, "public.a")});

    EXPECT_TRUE(diff(one, same).empty());
    EXPECT_TRUE(one == same);
    EXPECT_EQ(one.hash(), same.hash());
    EXPECT_EQ(summary(diff(one, same)), "no difference");
    EXPECT_EQ(to_text(diff(one, same)), "");
}

TEST(Diff, NamesAddedRemovedAndChangedInKindOrder) {
    const Fingerprint before(
        {object(Kind::index, "public.i"), object(Kind::schema, "app", {{"owner", "joe"}})});
    const Fingerprint after(
        {object(Kind::function, "public.f()"), object(Kind::schema, "app", {{"owner", "ann"}})});

    const Diff found = diff(before, after);

    EXPECT_EQ(to_text(found),
              "~ schema app\n"
              "    owner: joe -> ann\n"
              "+ function public.f()\n"
              "- index public.i\n");
    EXPECT_EQ(summary(found), "3 objects differ: 1 added, 1 removed, 1 changed");
    EXPECT_NE(before.hash(), after.hash());
}

TEST(Diff, ShowsAnAttributeThatIsSetOnOneSideOnly) {
    const Fingerprint before({object(Kind::column, "public.a.b", {{"type", "text"}})});
    const Fingerprint after(
        {object(Kind::column, "public.a.b", {{"type", "text"}, {"default", "'x'::text"}})});

    EXPECT_THAT(to_text(diff(before, after)), HasSubstr("default: (not set) -> 'x'::text"));
    EXPECT_THAT(to_text(diff(after, before)), HasSubstr("default: 'x'::text -> (not set)"));
}

TEST(Diff, FoldsWhatGoesWithAnAddedTable) {
    const Fingerprint after(
        {object(Kind::table, "public.a"),
         object(Kind::column, "public.a.id", {}, "table public.a"),
         object(Kind::column, "public.a.name", {}, "table public.a"),
         object(Kind::constraint, "a_pkey on public.a", {}, "table public.a"),
         object(Kind::index, "public.a_pkey", {}, "constraint a_pkey on public.a"),
         order("public.a", "id\nname")});

    const Diff found = diff({}, after);

    EXPECT_EQ(to_text(found), "+ table public.a (with 2 columns, 1 constraint, 1 index)\n");
    EXPECT_THAT(found.changes, SizeIs(5));
}

TEST(Diff, DoesNotFoldWhatWasAddedToAnExistingTable) {
    const Fingerprint before({object(Kind::table, "public.a")});
    const Fingerprint after({object(Kind::table, "public.a"),
                             object(Kind::column, "public.a.id", {}, "table public.a")});

    EXPECT_EQ(to_text(diff(before, after)), "+ column public.a.id\n");
}

TEST(Diff, TellsColumnOrderApart) {
    const Fingerprint before({order("public.a", "id\nname\nat")});
    const Fingerprint after({order("public.a", "id\nat\nname")});

    const Diff found = diff(before, after);

    EXPECT_TRUE(found.is_column_order_only());
    EXPECT_EQ(to_text(found),
              "~ column order table public.a\n    columns: id, name, at -> id, at, name\n");
}

TEST(Diff, ComparesTheOrderOfCommonColumnsOnly) {
    const Fingerprint before({order("public.a", "id\nname"), order("public.b", "x")});
    const Fingerprint after({order("public.a", "id\nmore\nname")});

    EXPECT_TRUE(diff(before, after).empty());
    EXPECT_FALSE(diff(before, after).is_column_order_only());
}

TEST(Diff, ShowsTheLinesOfABodyThatDiffer) {
    const Fingerprint before({object(Kind::function, "public.f()", {{"body", "a\nb\nc"}})});
    const Fingerprint after({object(Kind::function, "public.f()", {{"body", "a\nB\nc"}})});

    EXPECT_THAT(to_text(diff(before, after)),
                HasSubstr("    body:\n        a\n      - b\n      + B\n        c\n"));
}

TEST(Diff, GivesEveryObjectInJson) {
    const Fingerprint before({object(Kind::column, "public.a.b", {{"type", "text"}})});
    const Fingerprint after({object(Kind::column, "public.a.b", {{"type", "integer"}}),
                             object(Kind::table, "public.t", {{"owner", "joe"}})});

    const Json document = to_json(diff(before, after));

    ASSERT_EQ(document.size(), 2U);
    EXPECT_EQ(document[0]["change"], "added");
    EXPECT_EQ(document[0]["attributes"]["owner"], "joe");
    EXPECT_EQ(document[1]["kind"], "column");
    EXPECT_EQ(document[1]["attributes"]["type"]["before"], "text");
    EXPECT_EQ(document[1]["attributes"]["type"]["after"], "integer");
}

TEST(Kind, HasANameForEach) {
    EXPECT_EQ(name(Kind::database), "database");
    EXPECT_EQ(name(Kind::column_order), "column order");
    EXPECT_EQ(name(Kind::security_label), "security label");
    EXPECT_EQ(parse_kind("operator class"), Kind::operator_class);
    EXPECT_THROW((void)parse_kind("nothing"), Error);
}

}  // namespace
}  // namespace poststack::catalog
