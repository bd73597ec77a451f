// Applying migrations: what is run, recorded, refused and reported.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "caught.h"
#include "migrate/repair.h"
#include "migrate/status.h"
#include "migrate_fixture.h"
#include "sys/hash.h"

namespace poststack::migrate {
namespace {

using test::MigrationProject;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Apply : public testing::Test {
  protected:
    MigrationProject project_;
};

TEST_F(Apply, RunsPendingFilesInOrder) {
    project_.write_table(10);
    project_.write_table(9);

    const ApplyResult result = project_.apply();

    ASSERT_THAT(result.steps, SizeIs(2));
    EXPECT_EQ(result.steps[0].version, "009");
    EXPECT_TRUE(result.steps[0].has_rollback);
    EXPECT_GT(result.steps[0].duration.count(), 0);
    EXPECT_EQ(project_.applied(), "9,10");
    EXPECT_TRUE(project_.has_table("t10"));
}

/// "notice 3:1 text" for each, the file left out.
std::vector<std::string> words(const std::vector<ServerNotice>& notices) {
    std::vector<std::string> found;
    for (const ServerNotice& notice : notices)
        found.push_back(notice.severity + " " + std::to_string(notice.line) + ":" +
                        std::to_string(notice.column) + " " + notice.message);
    return found;
}

TEST_F(Apply, TellsWhatTheServerSaysWithItsPlace) {
    const std::string text =
        "CREATE TABLE IF NOT EXISTS t (id int);\n"
        "SELECT 1; CREATE TABLE IF NOT EXISTS t (id int);\n"
        "COPY t FROM stdin;\n1\n\\.\n"
        "  DO $$BEGIN RAISE WARNING E'two\\nlines %', (SELECT count(*) FROM t); END$$;\n";
    project_.write("001_a.sql", text);
    project_.write("002_b.sql", "-- poststack: no-transaction\nDROP TABLE t;\n" + text);
    project_.write("003_many.sql",
                   "DO $$BEGIN FOR i IN 1..23 LOOP RAISE NOTICE 'no. %', i; END LOOP; END$$;\n");
    project_.write("004_fails.sql", "DO $$BEGIN RAISE NOTICE 'before'; RAISE 'now'; END$$;\n");
    project_.write("003_many.rollback.sql", "DROP TABLE IF EXISTS none;\n");
    std::vector<std::string> told;
    ApplyOptions options;
    options.target = "3";
    options.run.on_progress = [&](const ProgressEvent& event) {
        if (event.kind == ProgressEvent::Kind::notice) told.push_back(event.text);
    };

    const ApplyResult result = project_.apply(options);

    const std::vector<std::string> found = words(result.notices);
    ASSERT_THAT(found, SizeIs(4U + 20U));
    EXPECT_EQ(found[0], "notice 2:11 relation \"t\" already exists, skipping");
    EXPECT_EQ(found[1], "warning 6:3 two lines 1");
    EXPECT_EQ(found[2], "notice 4:11 relation \"t\" already exists, skipping");
    EXPECT_EQ(found[3], "warning 8:3 two lines 1");
    EXPECT_EQ(found[23], "notice 1:1 no. 20");
    ASSERT_THAT(told, SizeIs(25));
    const std::string path = (project_.folder() / "00").string();
    EXPECT_EQ(told[1], "warning: " + path + "1_a.sql:6:3: two lines 1");
    EXPECT_EQ(told[24],
              "notice: " + path + "3_many.sql: 3 more messages of the server are not shown");
    told.clear();
    options.target.reset();
    static_cast<void>(project_.apply_error(options));
    EXPECT_THAT(told, ElementsAre("notice: " + path + "4_fails.sql:1:1: before"));
    EXPECT_THAT(words(project_.rollback().notices),
                ElementsAre("notice 1:1 table \"none\" does not exist, skipping"));
}

TEST_F(Apply, DoesNothingTheSecondTime) {
    project_.write_table(1);
    static_cast<void>(project_.apply());

    const ApplyResult result = project_.apply();

    EXPECT_THAT(result.steps, IsEmpty());
    EXPECT_EQ(result.already_applied, 1U);
}

TEST_F(Apply, RecordsWhatWasRun) {
    const std::string sql = "-- Description: people\nCREATE TABLE p ();\n";
    project_.write("001_people.sql", sql);
    project_.write("001_people.rollback.sql", "DROP TABLE p; -- it's \\ back\n");
    static_cast<void>(project_.apply());

    EXPECT_EQ(project_.ask("SELECT checksum FROM poststack.schema_migrations"), sys::sha256(sql));
    EXPECT_EQ(project_.ask("SELECT description FROM poststack.schema_migrations"), "people");
    EXPECT_EQ(project_.ask("SELECT rollback_sql FROM poststack.schema_migrations"),
              "DROP TABLE p; -- it's \\ back\n");
    EXPECT_EQ(project_.ask("SELECT normalised_checksum = checksum AND length(token_checksum) = 64 "
                           "AND backend_pid > 0 AND application_name LIKE 'poststack migrate %' "
                           "FROM poststack.schema_migrations"),
              "t");
    EXPECT_EQ(
        project_.ask("SELECT duration > '0' AND applied_at <= now() AND client_host <> '' AND "
                     "applied_by = 'postgres' FROM poststack.schema_migrations"),
        "t");
    EXPECT_EQ(project_.ask("SELECT to_regclass('public.schema_migrations')"), "");
}

TEST_F(Apply, StopsAtAnErrorAndSaysWhere) {
    project_.write_table(1);
    project_.write_table(2);
    project_.write("003_bad.sql",
                   "CREATE TABLE half ();\n\nSELECT h\xc3\xa9llo,\n  nope FROM t1;\n");
    project_.write_table(4);
    project_.write_table(5);

    const auto error = project_.apply_error();

    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::database);
    EXPECT_EQ(error->sqlstate(), "42703");
    EXPECT_THAT(error->message(), HasSubstr("003_bad.sql:3:8: column"));
    EXPECT_THAT(error->context(),
                ElementsAre("applying \"003_bad.sql\" (3 of 5): it is not applied, nor 2 after it; "
                            "applied by this run: 001_t1.sql, 002_t2.sql"));
    EXPECT_EQ(project_.applied(), "1,2");
    EXPECT_FALSE(project_.has_table("half"));
}

TEST_F(Apply, FindsTheStatementWhenTheServerGivesNoPosition) {
    project_.write("001_a.sql",
                   "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1);\n  SELECT 1/0;\n");

    EXPECT_THAT(project_.apply_error()->message(), HasSubstr("001_a.sql:3:3: division by zero"));
}

TEST_F(Apply, FindsASyntaxError) {
    project_.write("001_a.sql", "CREATE TABLE a (id int);\nSELEC 1;\n");

    EXPECT_THAT(project_.apply_error()->message(), HasSubstr("001_a.sql:2:1: syntax error"));
    EXPECT_FALSE(project_.has_table("a"));
}

TEST_F(Apply, GoesOnAfterTheFileIsRepaired) {
    project_.write_table(1);
    project_.write("002_b.sql", "SELECT nope;");
    ASSERT_TRUE(project_.apply_error());
    project_.write("002_b.sql", "CREATE TABLE b ();");

    EXPECT_THAT(project_.apply().steps, SizeIs(1));
    EXPECT_EQ(project_.applied(), "1,2");
}

TEST_F(Apply, StopsAtTheTarget) {
    for (const int number : {1, 2, 3})
        project_.write_table(number);

    const ApplyResult result = project_.apply({.target = "2"});

    EXPECT_THAT(result.steps, SizeIs(2));
    EXPECT_EQ(result.left_pending, 1U);
    EXPECT_EQ(project_.applied(), "1,2");
}

TEST_F(Apply, RefusesAnUnknownTarget) {
    project_.write_table(1);
    EXPECT_EQ(project_.apply_error({.target = "7"})->kind(), ErrorKind::not_found);
}

TEST_F(Apply, ChangesNothingInADryRun) {
    project_.write_table(1);

    const ApplyResult result = project_.apply({.dry_run = true});

    EXPECT_THAT(result.steps, SizeIs(1));
    EXPECT_EQ(project_.ask("SELECT to_regnamespace('poststack')"), "");
}

TEST_F(Apply, AcceptsAWrapperAroundTheWholeFile) {
    project_.write("001_a.sql",
                   "-- c\nBEGIN ISOLATION LEVEL SERIALIZABLE;\nCREATE TABLE a AS SELECT "
                   "current_setting('transaction_isolation') AS level;\nCOMMIT; -- d\n");
    static_cast<void>(project_.apply());

    EXPECT_EQ(project_.ask("SELECT level FROM a"), "serializable");
    EXPECT_EQ(project_.applied(), "1");
}

TEST_F(Apply, RollsAWrappedFileBackToo) {
    project_.write("001_a.sql", "BEGIN;\nCREATE TABLE a ();\nSELECT 1/0;\nCOMMIT;\n");

    ASSERT_TRUE(project_.apply_error());
    EXPECT_FALSE(project_.has_table("a"));
}

struct Refused {
    const char* sql;
    const char* message;
};

TEST_F(Apply, RefusesWhatCannotRunBeforeAnythingRuns) {
    const std::vector<Refused> cases = {
        Refused{"SELECT 1;\nCOMMIT;", "002_b.sql:2:1: COMMIT would end the transaction"},
        Refused{"SELECT 1;\nROLLBACK;", "002_b.sql:2:1: ROLLBACK would end"},
        Refused{"BEGIN;\nCOMMIT;\nSELECT 1;", "002_b.sql:3:1: a statement behind the COMMIT"},
        Refused{"BEGIN;\nSELECT 1;",
                "002_b.sql:1:1: the transaction that starts here has no COMMIT"},
        Refused{"BEGIN;\nCOMMIT AND CHAIN;\nCOMMIT;", "002_b.sql:2:1: COMMIT would end"},
        Refused{"PREPARE TRANSACTION 'x';", "002_b.sql:1:1: PREPARE TRANSACTION would end"},
        Refused{"CREATE TABLE b (id int);\nCREATE INDEX CONCURRENTLY ON b (id);",
                "002_b.sql:2:1: CREATE INDEX CONCURRENTLY cannot run inside a transaction"},
        Refused{"VACUUM;", "VACUUM cannot run inside a transaction"},
        Refused{"ALTER SYSTEM SET work_mem = '1MB';", "ALTER SYSTEM cannot run"},
        Refused{"\\i x.sql\n", "002_b.sql:1:1: \"\\i\" is a command of psql"}};
    project_.write_table(1);
    for (const Refused& wanted : cases) {
        project_.write("002_b.sql", wanted.sql);
        const auto error = project_.apply_error();

        ASSERT_TRUE(error) << wanted.sql;
        EXPECT_EQ(error->kind(), ErrorKind::config);
        EXPECT_THAT(error->message(), HasSubstr(wanted.message));
        EXPECT_THAT(error->hint(), testing::Not(IsEmpty()));
    }
    EXPECT_FALSE(project_.has_table("t1"));
}

TEST_F(Apply, CleansTheSessionBetweenFiles) {
    project_.ask("CREATE ROLE migrate_other_" + std::to_string(::getpid()));
    const std::string role = "migrate_other_" + std::to_string(::getpid());
    project_.write("001_a.sql",
                   "SET ROLE " + role + ";\nSET work_mem = '77MB';\nSET search_path = '';");
    project_.write(
        "002_b.sql",
        "CREATE TABLE seen AS SELECT current_user AS who, current_setting('work_mem') AS mem, "
        "current_setting('search_path') AS path;");
    static_cast<void>(project_.apply());

    EXPECT_EQ(project_.ask("SELECT who FROM public.seen"), "postgres");
    EXPECT_EQ(project_.ask("SELECT mem = '77MB' FROM public.seen"), "f");
    EXPECT_EQ(project_.ask("SELECT path FROM public.seen"), "\"$user\", public");
    EXPECT_EQ(project_.applied(), "1,2");
    project_.ask("DROP ROLE " + role);
}

TEST_F(Apply, StreamsCopyData) {
    std::string sql = "CREATE TABLE c (a int, b text);\nCOPY c FROM stdin;\n";
    for (int i = 0; i < 50'000; ++i)
        sql += std::to_string(i) + "\tx;'\n";
    project_.write("001_c.sql", sql + "\\.\nCREATE INDEX ON c (a);\n");
    static_cast<void>(project_.apply());

    EXPECT_EQ(project_.ask("SELECT count(*) FROM c WHERE b = 'x;'''"), "50000");
}

TEST_F(Apply, PlacesAnErrorInCopyData) {
    project_.write("001_c.sql",
                   "CREATE TABLE c (a int);\nCOPY c FROM stdin;\n1\nDROP TABLE c;\n\\.\n");

    const auto error = project_.apply_error();

    ASSERT_TRUE(error);
    EXPECT_THAT(error->message(),
                HasSubstr("001_c.sql:4:1: invalid input syntax for type integer"));
    EXPECT_FALSE(project_.has_table("c"));
}

TEST_F(Apply, NeverRunsCopyDataAsSql) {
    project_.write("001_c.sql",
                   "CREATE TABLE c ();\nCOPY nope FROM stdin;\nCREATE TABLE evil ();\n\\.\n");

    EXPECT_THAT(project_.apply_error()->message(), HasSubstr("001_c.sql:2:1: relation"));
    EXPECT_FALSE(project_.has_table("evil"));
}

TEST_F(Apply, ReportsADeferredConstraintAtCommit) {
    project_.write("001_c.sql",
                   "CREATE TABLE c (a int PRIMARY KEY, b int REFERENCES c DEFERRABLE INITIALLY "
                   "DEFERRED);\nINSERT INTO c VALUES (1, 2);\n");
    const auto error = project_.apply_error();

    ASSERT_TRUE(error);
    EXPECT_EQ(error->sqlstate(), "23503");
    EXPECT_THAT(error->context().front(), HasSubstr("running the COMMIT"));
    EXPECT_FALSE(project_.has_table("c"));
}

TEST_F(Apply, HintsAtNoTransactionForAnEnumValueUsedAtOnce) {
    project_.write("001_c.sql", "CREATE TYPE e AS ENUM ('a');\n");
    project_.write("002_c.sql", "ALTER TYPE e ADD VALUE 'b';\nSELECT 'b'::e;\n");

    EXPECT_THAT(project_.apply_error()->message(), HasSubstr("002_c.sql:2:8: unsafe use"));
}

TEST_F(Apply, RefusesALedgerOfANewerPoststack) {
    project_.write_table(1);
    static_cast<void>(project_.apply());
    project_.ask("UPDATE poststack.system_info SET value = '99' WHERE key = 'ledger_layout'");

    const auto error = project_.apply_error();

    EXPECT_EQ(error->kind(), ErrorKind::conflict);
    EXPECT_THAT(error->hint(), HasSubstr("Upgrade poststack"));
}

TEST_F(Apply, RefusesTablesOfAnotherProgramInItsSchema) {
    project_.write_table(1);
    project_.ask("CREATE SCHEMA poststack; CREATE TABLE poststack.system_info (id int, note text)");

    const auto error = project_.apply_error();

    EXPECT_EQ(error->kind(), ErrorKind::conflict);
    EXPECT_THAT(error->message(), HasSubstr("another program made"));
}

TEST_F(Apply, KeepsObjectsOthersPutIntoItsSchema) {
    project_.ask("CREATE SCHEMA poststack; CREATE TABLE poststack.users (id int)");
    project_.write_table(1);
    static_cast<void>(project_.apply());

    EXPECT_TRUE(project_.has_table("poststack.users"));
    EXPECT_EQ(project_.applied(), "1");
}

}  // namespace
}  // namespace poststack::migrate
