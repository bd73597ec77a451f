// No-transaction files: what is run, how they go on after a failure or a crash, what is refused.
#include <atomic>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "caught.h"
#include "cutting_proxy.h"
#include "migrate/checksum.h"
#include "migrate/progress.h"
#include "migrate/schema.h"
#include "migrate_steps_fixture.h"

namespace poststack::migrate {
namespace {

using test::CuttingProxy;
using test::MigrationProject;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string& mark = test::no_transaction;

class Steps : public test::StepsTest {};

TEST_F(Steps, RunsStatementsOfAllKindsAndLeavesNoRecord) {
    make_table();
    project_.write(
        "002_b.sql",
        mark +
            "SET search_path = '';\n"
            "CREATE INDEX CONCURRENTLY a_id ON public.a (id);\n"
            "CREATE INDEX CONCURRENTLY ON public.a USING btree (n) WHERE id > 3;\n"
            "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;\n"
            "BEGIN;\nINSERT INTO public.a VALUES (7);\nINSERT INTO public.a VALUES (8);\n"
            "COMMIT;\nCOPY public.a FROM stdin;\n9\t1\n\\.\nVACUUM public.a;\n"
            "DO $$ BEGIN DELETE FROM public.a WHERE id = 1; COMMIT; END $$;\n"
            "ALTER SYSTEM RESET work_mem;\nREINDEX TABLE CONCURRENTLY public.a");

    EXPECT_THAT(project_.apply().steps, SizeIs(1));

    EXPECT_EQ(project_.applied(), "1,2");
    EXPECT_EQ(valid_indexes(), "a_id,a_n_idx");
    EXPECT_EQ(project_.ask("SELECT count(*) FROM a"), "102");
    EXPECT_EQ(progress(), "");
}

TEST_F(Steps, UsesAnEnumValueRightAfterItIsAdded) {
    project_.write("001_a.sql", "CREATE TYPE e AS ENUM ('a');");
    project_.write("002_b.sql",
                   mark + "ALTER TYPE e ADD VALUE 'b';\nCREATE TABLE t AS SELECT 'b'::e AS x;");
    static_cast<void>(project_.apply());

    EXPECT_EQ(project_.ask("SELECT x FROM t"), "b");
}

TEST_F(Steps, GoesOnBehindWhatIsDone) {
    make_table();
    project_.write("002_b.sql",
                   mark +
                       "INSERT INTO a VALUES (1000);\nSET ROLE pg_monitor;\nRESET ROLE;\n"
                       "SET search_path = 'nowhere', public;\n  SELECT nope;\nCREATE TABLE b ();");
    const auto error = project_.apply_error();
    ASSERT_TRUE(error);
    EXPECT_THAT(error->message(), HasSubstr("002_b.sql:6:10: column \"nope\""));
    EXPECT_EQ(progress(), "up 4 done, running none");
    project_.write("002_b.sql",
                   mark +
                       "INSERT INTO a VALUES (1000);\nSET ROLE pg_monitor;\nRESET ROLE;\n"
                       "SET search_path = 'nowhere', public;\n  SELECT 1;\nCREATE TABLE b AS "
                       "SELECT current_setting('search_path') AS path;");

    EXPECT_THAT(project_.apply().steps, SizeIs(1));

    EXPECT_EQ(project_.ask("SELECT count(*) FROM a WHERE id = 1000"), "1");
    EXPECT_EQ(project_.ask("SELECT path FROM b"), "nowhere, public");
    EXPECT_EQ(project_.applied(), "1,2");
}

TEST_F(Steps, RefusesToGoOnWhenWhatIsDoneWasChanged) {
    make_table();
    project_.write("002_b.sql", mark + "INSERT INTO a VALUES (1000);\nSELECT nope;");
    ASSERT_TRUE(project_.apply_error());
    project_.write("002_b.sql", mark + "INSERT INTO a VALUES (2000);\nSELECT 1;");

    const auto error = project_.apply_error();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::conflict);
    EXPECT_THAT(error->message(), HasSubstr("statements 1 to 1 of"));

    EXPECT_THAT(apply_and_listen({.resume_after = 1}).steps, SizeIs(1));
    EXPECT_EQ(project_.ask("SELECT count(*) FROM a WHERE id = 2000"), "0");
}

TEST_F(Steps, DropsTheInvalidIndexOfAFailedBuildAndBuildsItAnew) {
    make_table();
    project_.write("002_b.sql",
                   mark + "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS u ON a (n);");
    const auto error = project_.apply_error();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->sqlstate(), "23505");
    EXPECT_EQ(project_.ask("SELECT to_regclass('u')"), "") << "left behind";
    project_.ask("DELETE FROM a WHERE id > 50");

    EXPECT_THAT(project_.apply().steps, SizeIs(1));
    EXPECT_EQ(valid_indexes(), "u");
}

TEST_F(Steps, NeverTakesAnInvalidIndexForTheOneWanted) {
    make_table();
    EXPECT_THROW(project_.ask("CREATE UNIQUE INDEX CONCURRENTLY u ON a (n)"), Error);
    EXPECT_EQ(project_.ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'u'::regclass"),
              "f");
    project_.ask("DELETE FROM a WHERE id > 50");
    project_.write("002_b.sql",
                   mark + "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS u ON a (n);");

    EXPECT_THAT(apply_and_listen().steps, SizeIs(1));

    EXPECT_EQ(valid_indexes(), "u");
    EXPECT_THAT(said_, Contains(HasSubstr("dropped the invalid index public.u")));
}

TEST_F(Steps, CountsTheDataOfACopyAmongWhatIsDone) {
    make_table();
    const auto text = [](const char* data, const char* last) {
        return mark + "COPY a FROM stdin;\n" + data + "\t1\n\\.\nSET search_path = public;\n" +
               last;
    };
    project_.write("002_b.sql", text("1000", "SELECT nope;"));
    ASSERT_TRUE(project_.apply_error());
    project_.write("002_b.sql", text("1001", "SELECT 1;"));
    EXPECT_THAT(project_.apply_error()->message(),
                HasSubstr("statements 1 to 2 of \"" + (project_.folder() / "002_b.sql").string() +
                          "\" are done and were changed since"));
    project_.write("002_b.sql", text("1000", "SELECT 1;"));

    EXPECT_FALSE(project_.apply_error());
    EXPECT_EQ(project_.ask("SELECT count(*) FROM a WHERE id >= 1000"), "1");
}

TEST_F(Steps, RollsBackWithoutATransaction) {
    make_table();
    project_.write("002_b.sql", mark + "CREATE INDEX CONCURRENTLY i ON a (n);");
    project_.write("002_b.rollback.sql",
                   mark + "DROP INDEX CONCURRENTLY i;\nDELETE FROM a WHERE id = 1;\nSELECT nope;");
    static_cast<void>(project_.apply());

    EXPECT_EQ(test::caught([&] { static_cast<void>(project_.rollback()); }).sqlstate(), "42703");
    EXPECT_EQ(progress(), "down 2 done, running none");
    const auto refused = project_.apply_error();
    project_.write_table(3);
    const auto blocked = project_.apply_error();
    ASSERT_TRUE(blocked);
    EXPECT_THAT(blocked->message(), HasSubstr("the rollback of \"002_b.sql\" stopped behind"));
    EXPECT_FALSE(refused) << "nothing is pending";
    project_.remove("003_t3.sql");
    project_.write("002_b.rollback.sql",
                   mark + "DROP INDEX CONCURRENTLY i;\nDELETE FROM a WHERE id = 1;\nSELECT 1;");

    const RollbackResult result = project_.rollback({.use_files = true});

    EXPECT_THAT(result.steps, SizeIs(1));
    EXPECT_EQ(project_.applied(), "1");
    EXPECT_EQ(project_.ask("SELECT to_regclass('i')"), "");
    EXPECT_EQ(progress(), "");
}

TEST_F(Steps, WritesTheRecordAsTheLoginWhateverRoleIsSet) {
    const std::string role = "steps_other_" + std::to_string(::getpid());
    project_.ask("CREATE ROLE " + role + "; GRANT CREATE ON SCHEMA public TO " + role);
    project_.write("001_a.sql",
                   mark + "SET ROLE " + role +
                       ";\nCREATE TABLE mine (id int);\n"
                       "CREATE INDEX CONCURRENTLY ON mine (id);\nSET search_path = '';");
    static_cast<void>(project_.apply());

    EXPECT_EQ(project_.applied(), "1");
    EXPECT_EQ(project_.ask("SELECT tableowner FROM pg_tables WHERE tablename = 'mine'"), role);
    project_.ask("DROP TABLE mine; REVOKE ALL ON SCHEMA public FROM " + role + "; DROP ROLE " +
                 role);
}

struct Refused {
    const char* sql;
    const char* message;
};

TEST_F(Steps, RefusesWhatCannotGoOn) {
    const std::vector<Refused> cases = {
        {"CREATE TEMP TABLE t ();", "001_a.sql:2:1: a temporary object in a file without"},
        {"SELECT 1 INTO TEMPORARY x;", "a temporary object"},
        {"PREPARE q AS SELECT 1;", "a prepared statement"},
        {"SELECT set_config('a.b', 'c', false), 1;", "a setting made by set_config"},
        {"BEGIN;\nSELECT 1;", "001_a.sql:2:1: the transaction that starts here has no COMMIT"},
        {"SELECT 1;\nCOMMIT;", "001_a.sql:3:1: COMMIT in a file without a transaction"},
        {"BEGIN;\nVACUUM;\nCOMMIT;", "001_a.sql:3:1: VACUUM cannot run inside a transaction"},
    };
    for (const Refused& wanted : cases) {
        project_.write("001_a.sql", mark + wanted.sql);
        const auto error = project_.apply_error();

        ASSERT_TRUE(error) << wanted.sql;
        EXPECT_EQ(error->kind(), ErrorKind::config);
        EXPECT_THAT(error->message(), HasSubstr(wanted.message));
    }
}

TEST_F(Steps, RefusesResumeAfterWithNothingUnfinished) {
    project_.write_table(1);
    const auto error = project_.apply_error({.run = {.resume_after = 1}});
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::conflict);
}

TEST_F(Steps, RefusesToStartAnewInATransaction) {
    make_table();
    project_.write("002_b.sql", mark + "INSERT INTO a VALUES (1000);\nSELECT nope;");
    ASSERT_TRUE(project_.apply_error());
    project_.write("002_b.sql", "INSERT INTO a VALUES (1000);\nSELECT 1;");

    EXPECT_THAT(project_.apply_error()->message(), HasSubstr("no longer says"));
}

TEST_F(Steps, BuildsIndexesBesideRunsThatWait) {
    // Neither the lock session nor runs that wait hold what CONCURRENTLY waits for.
    make_table();
    project_.write("002_b.sql",
                   mark +
                       "CREATE INDEX CONCURRENTLY c ON a (n);\nDROP INDEX CONCURRENTLY c;\n"
                       "CREATE INDEX CONCURRENTLY c ON a (id);");
    std::atomic<std::size_t> applied = 0;
    std::vector<std::thread> runs;
    for (int i = 0; i < 5; ++i) {
        runs.emplace_back([&] {
            try {
                applied +=
                    project_.apply({.run = {.wait_limit = std::chrono::seconds(120)}}).steps.size();
            } catch (const Error& error) {
                ADD_FAILURE() << error.what();
            }
        });
    }
    for (std::thread& run : runs)
        run.join();
    EXPECT_EQ(applied, 1U);
    EXPECT_EQ(valid_indexes(), "c");
}

}  // namespace
}  // namespace poststack::migrate
