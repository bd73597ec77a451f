// Table locks: waiting briefly, trying again, and the limit a file sets itself.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "migrate_fixture.h"
#include "sys/clock.h"

namespace poststack::migrate {
namespace {

using namespace std::chrono_literals;
using test::MigrationProject;
using testing::HasSubstr;
using testing::SizeIs;

class TableLocks : public testing::Test {
  protected:
    /// Waits until the query answers "t"; fails the test after a long while.
    void await(const std::string& sql) {
        for (int i = 0; i < 1200; ++i) {
            if (project_.ask(sql) == "t") return;
            sys::system_clock().sleep(50ms);
        }
        ADD_FAILURE() << "never true: " << sql;
    }

    MigrationProject project_;
};

TEST_F(TableLocks, RetriesWithoutALockAndNamesWhoHoldsIt) {
    project_.ask("CREATE TABLE busy (id int)");
    project_.write("001_a.sql", "ALTER TABLE busy ADD COLUMN n int;");
    pg::Connection blocker(project_.target());
    blocker.script("BEGIN; SELECT * FROM busy");
    std::vector<std::string> said;
    ApplyOptions options;
    options.run.lock_timeout = std::chrono::seconds(2);
    options.run.on_progress = [&](const ProgressEvent& event) {
        if (event.kind != ProgressEvent::Kind::notice) return;
        said.push_back(event.text);
        if (said.size() == 2) blocker.script("COMMIT");
    };
    static_cast<void>(project_.apply(options));

    EXPECT_EQ(project_.applied(), "1");
    EXPECT_THAT(said, SizeIs(testing::Ge(2U)));
    EXPECT_THAT(said[0], HasSubstr("canceling statement due to lock timeout"));
    EXPECT_THAT(said,
                testing::Contains(testing::AllOf(
                    HasSubstr("server process " + std::to_string(blocker.backend_pid())),
                    HasSubstr("SELECT * FROM busy"))));
}

TEST_F(TableLocks, GivesUpOnALockAfterTheRetries) {
    project_.ask("CREATE TABLE busy (id int)");
    project_.write("001_a.sql",
                   "-- poststack: lock-timeout 100ms\nALTER TABLE busy ADD COLUMN n int;");
    pg::Connection blocker(project_.target());
    blocker.script("BEGIN; SELECT * FROM busy");

    const auto error = project_.apply_error({.run = {.lock_retries = 1}});

    ASSERT_TRUE(error);
    EXPECT_EQ(error->sqlstate(), "55P03");
    EXPECT_THAT(error->message(), HasSubstr("001_a.sql:2:1: canceling statement"));
    EXPECT_THAT(error->hint(), HasSubstr("--ddl-lock-timeout"));
}

TEST_F(TableLocks, KeepsToTheLocksAFileAllowsItself) {
    project_.ask("CREATE TABLE used (id int)");
    const std::string mark = "-- poststack: max-lock share-update-exclusive\n";
    project_.write("001_a.sql",
                   mark +
                       "CREATE TABLE own (id int);\nALTER TABLE own ADD COLUMN n int;\n"
                       "COMMENT ON TABLE used IS 'x';\nCREATE INDEX ON used (id);\n");

    const auto error = project_.apply_error();

    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::conflict);
    EXPECT_THAT(error->message(), HasSubstr("001_a.sql:5:1: a lock in mode SHARE on \"used\""));
    EXPECT_FALSE(project_.has_table("own"));
    project_.write("001_a.sql",
                   mark +
                       "CREATE TABLE own (id int);\nCREATE INDEX ON own (id);\n"
                       "ALTER TABLE used SET (fillfactor = 90);\n");
    EXPECT_FALSE(project_.apply_error());
}

TEST_F(TableLocks, KeepsToThemWithoutATransactionToo) {
    project_.ask("CREATE TABLE used (id int)");
    const std::string mark =
        "-- poststack: max-lock share-update-exclusive\n-- poststack: no-transaction\n";
    for (const char* sql :
         {"VACUUM (FULL) used;", "CLUSTER;", "ALTER TABLE p DETACH PARTITION used CONCURRENTLY;"}) {
        project_.write("001_a.sql", mark + "SELECT 1;\n" + sql + "\n");
        const auto error = project_.apply_error();
        ASSERT_TRUE(error) << sql;
        EXPECT_EQ(error->kind(), ErrorKind::config);
        EXPECT_THAT(error->message(), HasSubstr("001_a.sql:4:1: " + std::string(sql).substr(0, 6)));
        EXPECT_THAT(error->message(), HasSubstr("takes a lock in mode ACCESS EXCLUSIVE"));
    }
    project_.write("001_a.sql", mark + "DO $$ BEGIN COMMIT; END $$;\n");
    EXPECT_THAT(project_.apply_error()->message(),
                HasSubstr("001_a.sql:3:1: a statement that commits by itself cannot be held"));
    project_.write("001_a.sql",
                   mark +
                       "CREATE INDEX CONCURRENTLY i ON used (id);\nVACUUM used;\n"
                       "REINDEX INDEX CONCURRENTLY i;\nDROP INDEX CONCURRENTLY i;\n");
    EXPECT_FALSE(project_.apply_error());
}

TEST_F(TableLocks, TriesAgainAfterADeadlock) {
    // The other session asks for "a" while the first attempt holds it, and only then that attempt
    // asks for "b": it is the one that looks for the deadlock, and finds it.
    project_.ask("CREATE TABLE a (); CREATE TABLE b (); CREATE SEQUENCE attempts");
    project_.write("001_a.sql",
                   "LOCK TABLE a;\n"
                   "DO $$ BEGIN\n"
                   "  IF nextval('attempts') = 1 THEN\n"
                   "    WHILE NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'a'::regclass AND "
                   "NOT granted)\n"
                   "    LOOP PERFORM pg_sleep(0.02); END LOOP;\n"
                   "  END IF;\n"
                   "END $$;\nLOCK TABLE b;\nCREATE TABLE c ();\n");
    pg::Connection other(project_.target());
    other.script("SET deadlock_timeout = '1h'; BEGIN; LOCK TABLE b");
    std::thread crossing([&] {
        await("SELECT count(*) > 0 FROM pg_locks WHERE relation = 'a'::regclass AND granted");
        other.script("LOCK TABLE a; COMMIT");
    });
    std::vector<std::string> said;
    ApplyOptions options;
    options.run.lock_timeout = 120s;
    options.run.on_progress = [&](const ProgressEvent& event) {
        if (event.kind == ProgressEvent::Kind::notice) said.push_back(event.text);
    };
    const auto error = project_.apply_error(options);
    crossing.join();

    ASSERT_FALSE(error) << error->message();
    EXPECT_TRUE(project_.has_table("c"));
    EXPECT_THAT(said,
                testing::Contains(testing::AllOf(
                    HasSubstr("\"001_a.sql\" was rolled back"),
                    HasSubstr("deadlock detected"),
                    HasSubstr("server process " + std::to_string(other.backend_pid())))));
}

}  // namespace
}  // namespace poststack::migrate
