// Taking over what other tools have left in a database, with tables as they make them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adopt_fixture.h"
#include "base/error.h"
#include "caught.h"
#include "migrate/apply.h"
#include "migrate/rollback.h"
#include "migrate/status.h"
#include "server.h"
#include "sys/file.h"

namespace poststack::migrate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(Adopt, RecordsWhatIsAppliedAndLeavesTheRestToMigrate) {
    make_dbmate();

    const AdoptReport report = adopt_now();

    EXPECT_EQ(report.tool, "dbmate");
    EXPECT_THAT(words(report),
                ElementsAre("001_a.sql baseline", "002_b.sql baseline", "003_c.sql apply"));
    EXPECT_EQ(ledger(), "1 dbmate,2 dbmate");
    const ApplyResult applied = apply(target_, ours());
    ASSERT_EQ(applied.steps.size(), 1U);
    EXPECT_EQ(applied.steps[0].file_name, "003_c.sql");
    EXPECT_TRUE(status(connection_, ours()).is_current());
    // Theirs is as it was.
    EXPECT_EQ(connection_.script("SELECT count(*) FROM public.schema_migrations").number(0, 0), 2);
}

TEST_F(Adopt, ADryRunChangesNothing) {
    make_dbmate();

    const AdoptReport report = adopt_now({.dry_run = true});

    EXPECT_EQ(report.files[0].objects, 1U);
    EXPECT_EQ(report.files[0].existing, 1U);
    EXPECT_EQ(report.files[2].existing, 0U);
    EXPECT_TRUE(connection_.script("SELECT to_regnamespace('poststack')").is_null(0, 0));
    EXPECT_FALSE(sys::find_info(ours()));
}

TEST_F(Adopt, AgainFindsEverythingThere) {
    make_dbmate();
    (void)adopt_now();
    sys::remove_tree(ours());  // as if killed between ledger and files

    const AdoptReport report = adopt_now();

    EXPECT_EQ(report.count(Adoption::present), 2U);
    EXPECT_TRUE(sys::find_info(ours() / "002_b.rollback.sql"));
}

TEST_F(Adopt, RefusesEverythingForOneConflict) {
    make_dbmate();
    run("CREATE TABLE c (id int); INSERT INTO public.schema_migrations VALUES ('9')");

    const Error error = test::caught([&] { (void)adopt_now(); });

    EXPECT_EQ(error.kind(), ErrorKind::conflict);
    EXPECT_THAT(error.message(), HasSubstr("\"003_c.sql\": it is not applied, but 1 of the 1"));
    EXPECT_THAT(error.message(), HasSubstr("\"9\": dbmate has applied it, but there is no file"));
    EXPECT_TRUE(
        connection_.script("SELECT to_regclass('poststack.schema_migrations')").is_null(0, 0));
    EXPECT_FALSE(sys::find_info(ours()));
}

TEST_F(Adopt, NeverOverwritesAFile) {
    make_dbmate();
    sys::make_directories(ours());
    sys::replace_file(ours() / "001_a.sql", "SELECT 1;\n", {.mode = 0644});

    const Error error = test::caught([&] { (void)adopt_now(); });

    EXPECT_THAT(error.message(), HasSubstr("\"001_a.sql\" is there with another text"));
    EXPECT_EQ(sys::read_file(ours() / "001_a.sql"), "SELECT 1;\n");
}

TEST_F(Adopt, UnderstandsFlywaysBaselineAndUndo) {
    write("V1__a.sql", "CREATE TABLE a ();\n");
    write("V2__b.sql", "CREATE TABLE b ();\n");
    write("V3__c.sql", "CREATE TABLE c ();\n");
    run("CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50),"
        " description varchar(200), type varchar(20), script varchar(1000), checksum int,"
        " installed_by varchar(100), installed_on timestamp DEFAULT now(), execution_time int,"
        " success boolean);"
        "INSERT INTO flyway_schema_history VALUES"
        " (1, '1', '<< Flyway Baseline >>', 'BASELINE', '', NULL, 'me', '2024-05-06 07:08:09', 0, "
        "true),"
        " (2, '2', 'b', 'SQL', 'V2__b.sql', 1, 'me', '2024-05-07 07:08:09', 0, true),"
        " (3, '3', 'c', 'SQL', 'V3__c.sql', 1, 'me', '2024-05-08 07:08:09', 0, true),"
        " (4, '3', 'c', 'UNDO_SQL', 'U3__c.sql', 1, 'me', '2024-05-09 07:08:09', 0, true);"
        "CREATE TABLE a (); CREATE TABLE b ()");

    EXPECT_THAT(words(adopt_now()),
                ElementsAre("001_a.sql baseline", "002_b.sql baseline", "003_c.sql apply"));
    EXPECT_EQ(connection_
                  .script("SELECT applied_at::timestamp::text FROM poststack.schema_migrations "
                          "WHERE version = 2")
                  .value(0, 0),
              "2024-05-07 07:08:09");
}

TEST_F(Adopt, TakesFlywaysRepeatablesWithTheirLastRun) {
    write("V1__a.sql", "CREATE TABLE a ();\n");
    write("R__same.sql", "CREATE OR REPLACE VIEW same AS\r\nTABLE a;\r\n");
    write("R__Changed since.sql", "CREATE OR REPLACE VIEW changed AS TABLE a;\n");
    run("CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version varchar(50),"
        " description varchar(200), type varchar(20), script varchar(1000), checksum int,"
        " installed_by varchar(100), installed_on timestamp DEFAULT now(), execution_time int,"
        " success boolean);"
        "INSERT INTO flyway_schema_history VALUES"
        " (1, '1', 'a', 'SQL', 'V1__a.sql', 1, 'me', '2024-05-07 07:08:09', 0, true),"
        " (2, NULL, 'same', 'SQL', 'R__same.sql', 7, 'me', '2024-05-08 07:08:09', 0, true),"
        " (3, NULL, 'same', 'SQL', 'R__same.sql', " +
        std::to_string(flyway_checksum("CREATE OR REPLACE VIEW same AS\nTABLE a;")) +
        ", 'me', '2024-05-09 07:08:09', 0, true),"
        " (4, NULL, 'Changed since', 'SQL', 'R__Changed since.sql', 7, 'me', now(), 0, true);"
        "CREATE TABLE a (); CREATE VIEW same AS TABLE a");

    EXPECT_THAT(
        words(adopt_now()),
        ElementsAre("001_a.sql baseline", "R__Changed_since.sql apply", "R__same.sql baseline"));
    EXPECT_THAT(
        words(adopt_now()),
        ElementsAre("001_a.sql present", "R__Changed_since.sql apply", "R__same.sql present"));
    EXPECT_EQ(connection_
                  .script("SELECT string_agg(name || ' ' || applied_at::timestamp, ',') FROM "
                          "poststack.repeatable_migrations")
                  .value(0, 0),
              "same 2024-05-09 07:08:09");
    const ApplyResult applied = apply(target_, ours());
    ASSERT_EQ(applied.steps.size(), 1U);
    EXPECT_EQ(applied.steps[0].file_name, "R__Changed_since.sql");
}

TEST_F(Adopt, ComputesFlywaysChecksum) {
    EXPECT_EQ(flyway_checksum("123456789"), static_cast<std::int32_t>(0xcbf4'3926U));
    EXPECT_EQ(flyway_checksum("\xef\xbb\xbf"
                              "1234\r\n5678\n9"),
              flyway_checksum("123456789"));
}

TEST_F(Adopt, TakesGolangMigratesNewestForAllBefore) {
    write("1_a.up.sql", "CREATE TABLE a ();\n");
    write("2_b.up.sql", "CREATE TABLE b ();\n");
    write("2_b.down.sql", "DROP TABLE b;\n");
    run("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);"
        "INSERT INTO schema_migrations VALUES (2, false); CREATE TABLE a (); CREATE TABLE b ()");

    EXPECT_THAT(words(adopt_now()), ElementsAre("001_a.sql baseline", "002_b.sql baseline"));

    const RollbackResult undone = rollback(target_, ours(), {});
    ASSERT_EQ(undone.steps.size(), 1U);
    EXPECT_EQ(undone.steps[0].file_name, "002_b.sql");
}

TEST_F(Adopt, RefusesADirtyHistory) {
    write("1_a.up.sql", "CREATE TABLE a ();\n");
    run("CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);"
        "INSERT INTO schema_migrations VALUES (1, true)");

    const Error error = test::caught([&] { (void)adopt_now(); });

    EXPECT_THAT(error.message(), HasSubstr("golang-migrate says that it failed"));
}

TEST_F(Adopt, KnowsBothScriptsOfAChangeThatSqitchReworked) {
    write("sqitch.plan",
          "%project=x\n\nf 2024-01-01T00:00:00Z A <a@b> # one\n@v0\n@v1 2024-01-02T00:00:00Z A "
          "<a@b>\n"
          "f [f@v1] 2024-01-03T00:00:00Z A <a@b> # again\n");
    write("deploy/f@v1.sql", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n");
    write("revert/f@v1.sql", "DROP FUNCTION f();\n");
    write("deploy/f.sql",
          "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';\n");
    run("CREATE SCHEMA sqitch; CREATE TABLE sqitch.changes (change_id text, change text, "
        "project text, committed_at timestamptz DEFAULT now(), planner_email text);"
        "INSERT INTO sqitch.changes (change) VALUES ('f');"
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'");

    const AdoptReport report = adopt_now({.dry_run = true});

    ASSERT_EQ(report.files.size(), 2U);
    EXPECT_EQ(report.files[0].source, "deploy/f@v1.sql");
    EXPECT_TRUE(report.files[0].has_rollback);
    EXPECT_EQ(report.files[0].adoption, Adoption::baseline);
    EXPECT_EQ(report.files[1].source, "deploy/f.sql");
    EXPECT_FALSE(report.files[1].has_rollback);
}

TEST_F(Adopt, SaysWhatToDoAboutAlembic) {
    write("1a_users.py", "revision = '1a'\n");
    run("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);"
        "INSERT INTO alembic_version VALUES ('1a')");

    const AdoptReport report = adopt_now({.dry_run = true});

    EXPECT_THAT(words(report), ElementsAre("1a conflict"));
    EXPECT_THAT(report.warnings, ElementsAre(HasSubstr("alembic upgrade --sql")));
}

TEST_F(Adopt, ABaselineTakesAHandMadeSchema) {
    sys::make_directories(ours());
    sys::replace_file(ours() / "001_a.sql", up_a, {.mode = 0644});
    sys::replace_file(ours() / "002_b.sql", up_b, {.mode = 0644});
    run("CREATE TABLE a ()");

    const AdoptReport look = adopt_now({.source = ours(), .dry_run = true});
    EXPECT_THAT(words(look), ElementsAre("001_a.sql baseline", "002_b.sql apply"));
    (void)adopt_now({.source = ours(), .baseline = "1"});

    EXPECT_EQ(ledger(), "1 baseline");
    EXPECT_EQ(apply(target_, ours()).steps.size(), 1U);
}

TEST_F(Adopt, WithoutAHistoryItAsksForABaseline) {
    write("V1__a.sql", up_a);

    const Error none = test::caught([&] { (void)adopt_now(); });
    EXPECT_EQ(none.kind(), ErrorKind::not_found);
    EXPECT_THAT(none.hint(), HasSubstr("--baseline VERSION"));
    const Error unknown = test::caught([&] { (void)adopt_now({.baseline = "7"}); });
    EXPECT_THAT(unknown.message(), HasSubstr("there is no migration 7"));
}

TEST_F(Adopt, SeveralHistoriesNeedAChoice) {
    make_dbmate();
    run("CREATE TABLE pgmigrations (id int, name text, run_on timestamp)");

    const Error error = test::caught([&] { (void)adopt_now(); });

    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(
        error.message(),
        HasSubstr("node-pg-migrate (public.pgmigrations), dbmate (public.schema_migrations)"));
    EXPECT_EQ(adopt_now({.tool = Tool::dbmate}).count(Adoption::baseline), 2U);
}

}  // namespace
}  // namespace poststack::migrate
