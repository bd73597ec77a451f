// Undoing migrations, and what status and the schema commands see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "caught.h"
#include "migrate/ledger.h"
#include "migrate/ledger_layout.h"
#include "migrate/schema.h"
#include "migrate/status.h"
#include "migrate_fixture.h"

namespace poststack::migrate {
namespace {

using test::MigrationProject;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Rollback : public testing::Test {
  protected:
    void apply_tables(int count) {
        for (int number = 1; number <= count; ++number)
            project_.write_table(number);
        static_cast<void>(project_.apply());
    }

    std::optional<Error> rollback_error(const RollbackOptions& options = {}) {
        try {
            static_cast<void>(project_.rollback(options));
        } catch (const Error& error) {
            return error;
        }
        return std::nullopt;
    }

    StatusReport report() {
        pg::Connection connection(project_.target());
        return status(connection, project_.folder());
    }

    MigrationProject project_;
};

TEST_F(Rollback, UndoesTheNewest) {
    apply_tables(3);

    const RollbackResult result = project_.rollback();

    ASSERT_THAT(result.steps, SizeIs(1));
    EXPECT_EQ(result.steps[0].version, "003");
    EXPECT_EQ(result.left_applied, 2U);
    EXPECT_EQ(project_.applied(), "1,2");
    EXPECT_FALSE(project_.has_table("t3"));
}

TEST_F(Rollback, UndoesDownToAVersionNewestFirst) {
    apply_tables(4);

    const RollbackResult result = project_.rollback({.target = "001"});

    ASSERT_THAT(result.steps, SizeIs(3));
    EXPECT_EQ(result.steps.front().version, "004");
    EXPECT_EQ(project_.applied(), "1");
    EXPECT_THAT(project_.rollback({.target = "0"}).steps, SizeIs(1));
    EXPECT_THAT(project_.rollback().steps, IsEmpty());
}

TEST_F(Rollback, RefusesAVersionThatIsNotApplied) {
    apply_tables(1);
    EXPECT_EQ(rollback_error({.target = "7"})->kind(), ErrorKind::not_found);
    EXPECT_EQ(rollback_error({.target = "x"})->kind(), ErrorKind::usage);
}

TEST_F(Rollback, RunsTheTextRecordedWhenApplied) {
    apply_tables(1);
    project_.write("001_t1.rollback.sql", "SELECT 1/0;");

    const RollbackResult result = project_.rollback();

    EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("\"001_t1.rollback.sql\" was changed")));
    EXPECT_FALSE(project_.has_table("t1"));
}

TEST_F(Rollback, RunsTheFileWhenAsked) {
    apply_tables(1);
    project_.write("001_t1.rollback.sql", "ALTER TABLE t1 RENAME TO kept;");
    static_cast<void>(project_.rollback({.use_files = true}));

    EXPECT_TRUE(project_.has_table("kept"));
}

TEST_F(Rollback, WorksWithoutFiles) {
    apply_tables(1);
    project_.remove("001_t1.sql");
    project_.remove("001_t1.rollback.sql");

    EXPECT_THAT(project_.rollback().steps, SizeIs(1));
}

TEST_F(Rollback, TouchesNothingWhenOneTextIsMissing) {
    project_.write_table(1);
    project_.write("002_b.sql", "CREATE TABLE b ();");
    project_.write_table(3);
    static_cast<void>(project_.apply());

    const auto error = rollback_error({.target = "0"});

    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::conflict);
    EXPECT_EQ(error->message(), "there is no rollback for \"002_b.sql\"");
    EXPECT_EQ(project_.applied(), "1,2,3");
}

TEST_F(Rollback, StopsAtAnErrorAndSaysWhatIsUndone) {
    apply_tables(3);
    project_.ask("DROP TABLE t2");

    const auto error = rollback_error({.target = "0"});

    ASSERT_TRUE(error);
    EXPECT_THAT(error->message(),
                HasSubstr("rollback of 002_t2.sql (as recorded):1:1: table \"t2\""));
    EXPECT_THAT(error->context(),
                ElementsAre("undoing \"002_t2.sql\" (2 of 3): it is still applied; undone by this "
                            "run: 003_t3.sql"));
    EXPECT_EQ(project_.applied(), "1,2");
}

TEST_F(Rollback, ChangesNothingInADryRun) {
    apply_tables(2);

    EXPECT_THAT(project_.rollback({.target = "0", .dry_run = true}).steps, SizeIs(2));
    EXPECT_EQ(project_.applied(), "1,2");
}

TEST_F(Rollback, RefusesABadRollbackWhenApplying) {
    project_.write("001_a.sql", "CREATE TABLE a ();");
    project_.write("001_a.rollback.sql", "\\i x\n");
    EXPECT_THAT(project_.apply_error()->message(), HasSubstr("001_a.rollback.sql:1:1"));

    project_.write("001_a.rollback.sql", "-- caf\xe9\n");
    EXPECT_THAT(project_.apply_error()->message(), HasSubstr("001_a.rollback.sql:1:7: not valid"));
}

TEST_F(Rollback, AppliesAndUndoesAgain) {
    apply_tables(1);
    for (int round = 0; round < 2; ++round) {
        EXPECT_THAT(project_.rollback().steps, SizeIs(1));
        EXPECT_THAT(project_.apply().steps, SizeIs(1));
    }
}

TEST_F(Rollback, StatusTellsEveryState) {
    for (const int number : {1, 2, 4, 5})
        project_.write_table(number);
    EXPECT_FALSE(report().has_ledger);
    static_cast<void>(project_.apply({.target = "4"}));
    project_.write("001_t1.sql", "SELECT 2;");
    project_.remove("002_t2.sql");
    project_.remove("002_t2.rollback.sql");
    project_.write_table(3);

    const StatusReport found = report();

    std::vector<FileState> states;
    for (const FileStatus& file : found.files)
        states.push_back(file.state);
    EXPECT_THAT(states,
                ElementsAre(FileState::changed,
                            FileState::missing,
                            FileState::out_of_order,
                            FileState::applied,
                            FileState::pending));
    EXPECT_EQ(found.files[1].name, "t2");
    EXPECT_EQ(found.files[1].version, "002");
    EXPECT_FALSE(found.is_current());
    EXPECT_THAT(found.files[3].applied_at, testing::MatchesRegex("....-..-..T..:..:..Z"));
}

TEST_F(Rollback, SummaryCountsWithoutADirectory) {
    pg::Connection connection(project_.target());
    const Summary none = summary(connection, project_.folder() / "gone");
    EXPECT_FALSE(none.has_ledger);
    apply_tables(2);
    project_.write_table(3);

    const Summary found = summary(connection, project_.folder());
    EXPECT_TRUE(found.has_ledger);
    EXPECT_EQ(found.applied, 2U);
    EXPECT_EQ(found.pending, 1U);
}

class Schema : public Rollback {
  protected:
    SchemaChange create() { return create_schema(project_.target(), std::chrono::seconds(30), {}); }
};

TEST_F(Schema, IsMadeOnceAndShown) {
    EXPECT_EQ(create(), SchemaChange::created);
    EXPECT_EQ(create(), SchemaChange::none);

    pg::Connection connection(project_.target());
    const SchemaReport shown = show_schema(connection);
    EXPECT_TRUE(shown.exists);
    EXPECT_EQ(shown.layout, ledger_layout);
    EXPECT_THAT(shown.tables, SizeIs(own_tables().size()));
    EXPECT_THAT(shown.foreign, IsEmpty());
}

TEST_F(Schema, IsUpgradedFromAnOlderLayout) {
    project_.ask(std::string(layout_step(1)) +
                 "INSERT INTO poststack.system_info (key, value) VALUES ('ledger_layout', '1');"
                 "INSERT INTO poststack.schema_migrations VALUES (1, 't1', '001_t1.sql', '', '" +
                 std::string(64, '0') +
                 "', now(), '1 s', 'me', 'me', 'here', NULL, '0.0.1', 'DROP TABLE t1')");
    EXPECT_EQ(report().files.at(0).state, FileState::missing);
    EXPECT_EQ(project_.ask("SELECT value FROM poststack.system_info WHERE key = 'ledger_layout'"),
              "1")
        << "reading must not upgrade";

    EXPECT_EQ(create(), SchemaChange::upgraded);
    EXPECT_EQ(project_.applied(), "1");
    EXPECT_TRUE(project_.has_table("poststack.migration_proofs"));
    EXPECT_EQ(project_.ask("SELECT token_checksum FROM poststack.schema_migrations"), "");
}

TEST_F(Schema, IsNotDroppedWhileMigrationsAreRecorded) {
    apply_tables(1);

    const auto error = test::caught([&] { static_cast<void>(drop_schema(project_.target(), {})); });

    EXPECT_EQ(error.kind(), ErrorKind::conflict);
    EXPECT_THAT(error.message(), HasSubstr("the record of 1 applied migration"));
    EXPECT_TRUE(drop_schema(project_.target(), {.force = true}));
    EXPECT_FALSE(drop_schema(project_.target(), {}));
}

TEST_F(Schema, IsNotDroppedWithObjectsOfOthers) {
    static_cast<void>(create());
    project_.ask(
        "CREATE VIEW poststack.seen AS SELECT 1; "
        "CREATE FUNCTION poststack.f() RETURNS int LANGUAGE sql AS 'SELECT 1'");

    const auto error = test::caught([&] { static_cast<void>(drop_schema(project_.target(), {})); });

    EXPECT_THAT(error.message(), HasSubstr("function f, view seen"));
}

TEST_F(Schema, StaysWhenSomethingElsewhereNeedsIt) {
    static_cast<void>(create());
    project_.ask("CREATE VIEW public.v AS SELECT * FROM poststack.system_info");

    const auto error = test::caught([&] { static_cast<void>(drop_schema(project_.target(), {})); });

    EXPECT_EQ(error.sqlstate(), "2BP01");
    EXPECT_TRUE(project_.has_table("poststack.system_info"));
    project_.ask("DROP VIEW public.v");
    EXPECT_TRUE(drop_schema(project_.target(), {}));
}

}  // namespace
}  // namespace poststack::migrate
