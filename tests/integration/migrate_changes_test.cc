// Files that changed, vanished or came late after others were applied, and their repair.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "caught.h"
#include "migrate/repair.h"
#include "migrate/status.h"
#include "migrate_fixture.h"

namespace poststack::migrate {
namespace {

using test::MigrationProject;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Changes : public testing::Test {
  protected:
    FileState state_of(const std::string& version) {
        pg::Connection connection(project_.target());
        for (const FileStatus& file : status(connection, project_.folder()).files) {
            if (file.version == version) return file.state;
        }
        ADD_FAILURE() << "no version " << version;
        return FileState::pending;
    }

    MigrationProject project_;
};

TEST_F(Changes, RefusesEveryUnsoundFileAtOnce) {
    for (const int number : {1, 2, 4, 5})
        project_.write_table(number);
    static_cast<void>(project_.apply());
    project_.write("001_t1.sql", "CREATE TABLE other ();");
    project_.remove("002_t2.sql");
    project_.write_table(3);
    project_.write_table(6);

    const auto error = project_.apply_error();

    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::conflict);
    EXPECT_THAT(error->message(), HasSubstr("\"001_t1.sql\" was changed"));
    EXPECT_THAT(error->message(), HasSubstr("\"002_t2.sql\" was applied and is missing"));
    EXPECT_THAT(error->message(), HasSubstr("\"003_t3.sql\" is not applied but older"));
    EXPECT_FALSE(project_.has_table("t6"));
}

TEST_F(Changes, TakesCosmeticChangesForTheSame) {
    project_.write("001_a.sql", "CREATE TABLE a (id int);\n");
    static_cast<void>(project_.apply());
    for (const char* same : {"CREATE TABLE a (id int);\r\n",
                             "\xef\xbb\xbf"
                             "CREATE TABLE a (id int);\n",
                             "-- why\ncreate table a (id INT)\n;\n"}) {
        project_.write("001_a.sql", same);
        EXPECT_FALSE(project_.apply_error()) << same;
        EXPECT_EQ(state_of("001"), FileState::reformatted);
    }
    project_.write("001_a.sql", "CREATE TABLE a (id bigint);\n");
    EXPECT_EQ(project_.apply_error()->kind(), ErrorKind::conflict);
    EXPECT_EQ(state_of("001"), FileState::changed);
}

TEST_F(Changes, AcceptsWhatARepairGaveAReasonFor) {
    for (const int number : {1, 2, 3})
        project_.write_table(number);
    static_cast<void>(project_.apply());
    project_.write("001_t1.sql", "CREATE TABLE t1 (id bigint);");
    project_.remove("002_t2.sql");
    ASSERT_TRUE(project_.apply_error());
    EXPECT_EQ(test::caught([&] {
                  static_cast<void>(repair(project_.target(), project_.folder(), {}));
              }).kind(),
              ErrorKind::usage);

    const auto done =
        repair(project_.target(), project_.folder(), {.versions = {}, .reason = "it's \\ fine"});

    ASSERT_THAT(done, SizeIs(2));
    EXPECT_EQ(done[0].action, "changed");
    EXPECT_EQ(done[1].action, "missing");
    EXPECT_FALSE(project_.apply_error());
    EXPECT_EQ(state_of("001"), FileState::applied);
    EXPECT_EQ(state_of("002"), FileState::applied);
    EXPECT_EQ(project_.ask("SELECT count(*) FROM poststack.migration_repairs WHERE reason = "
                           "E'it\\'s \\\\ fine' AND repaired_by = 'postgres'"),
              "2");
    EXPECT_THAT(repair(project_.target(), project_.folder(), {.versions = {}, .reason = "again"}),
                IsEmpty());
}

TEST_F(Changes, RepairsOnlyWhatIsNamed) {
    for (const int number : {1, 2})
        project_.write_table(number);
    static_cast<void>(project_.apply());
    project_.write("001_t1.sql", "CREATE TABLE t1 (id bigint);");
    project_.write("002_t2.sql", "CREATE TABLE t2 (id bigint);");
    project_.write("002_t2.rollback.sql", "DROP TABLE IF EXISTS t2;");

    const auto done = repair(project_.target(),
                             project_.folder(),
                             {.versions = {"2"}, .reason = "x", .rollbacks = true});

    EXPECT_THAT(done, SizeIs(2));
    EXPECT_EQ(state_of("001"), FileState::changed);
    EXPECT_EQ(state_of("002"), FileState::applied);
    EXPECT_EQ(
        project_.ask("SELECT rollback_sql FROM poststack.schema_migrations WHERE version = 2"),
        "DROP TABLE IF EXISTS t2;");
    EXPECT_EQ(test::caught([&] {
                  static_cast<void>(repair(
                      project_.target(), project_.folder(), {.versions = {"7"}, .reason = "x"}));
              }).kind(),
              ErrorKind::not_found);
}

TEST_F(Changes, AppliesLateFilesThatThePolicyAllows) {
    for (const int number : {1, 5})
        project_.write_table(number);
    static_cast<void>(project_.apply());
    project_.write_table(2);
    project_.write_table(3);
    EXPECT_THAT(project_.apply_error({.order = parse_order_policy("2")})->message(),
                HasSubstr("003_t3.sql"));

    EXPECT_THAT(project_.apply({.order = parse_order_policy("003, 2")}).steps, SizeIs(2));

    EXPECT_EQ(project_.applied(), "1,2,3,5");
    EXPECT_EQ(project_.ask("SELECT string_agg(version::text, ',') FROM "
                           "poststack.schema_migrations WHERE out_of_order"),
              "2,3");
    project_.write_table(4);
    EXPECT_THAT(project_.apply({.order = parse_order_policy("allow")}).steps, SizeIs(1));
    EXPECT_THROW(static_cast<void>(parse_order_policy("maybe")), Error);
}

TEST_F(Changes, NamesGapsInTheNumbers) {
    for (const int number : {1, 3, 7})
        project_.write_table(number);
    pg::Connection connection(project_.target());

    EXPECT_THAT(status(connection, project_.folder()).gaps, ElementsAre("002", "004 to 006"));
}

}  // namespace
}  // namespace poststack::migrate
