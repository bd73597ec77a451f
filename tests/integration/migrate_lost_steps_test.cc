// No-transaction files whose run died: what the next one finds out about the statement that ran.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "caught.h"
#include "cutting_proxy.h"
#include "migrate/schema.h"
#include "migrate_steps_fixture.h"

namespace poststack::migrate {
namespace {

using test::CuttingProxy;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string& mark = test::no_transaction;

class LostSteps : public test::StepsTest {};

TEST_F(LostSteps, FindsOutThatALostIndexBuildHasWorked) {
    make_table();
    const std::string build = "CREATE INDEX CONCURRENTLY lost ON a (n) WHERE id > 3";
    project_.write("002_b.sql", mark + build + ";\nINSERT INTO a VALUES (1000);");
    static_cast<void>(create_schema(project_.target(), std::chrono::seconds(30), {}));
    announce(1, build);
    project_.ask(build);

    EXPECT_THAT(apply_and_listen().steps, SizeIs(1));

    EXPECT_THAT(said_, Contains(HasSubstr("statement 1 of \"002_b.sql\" had worked")));
    EXPECT_EQ(project_.applied(), "1,2");
    EXPECT_EQ(valid_indexes(), "lost");
}

TEST_F(LostSteps, BuildsALostIndexAgainWhenItIsInvalidOrMissing) {
    make_table();
    project_.ask("DELETE FROM a WHERE id > 50");
    const std::string build = "CREATE UNIQUE INDEX CONCURRENTLY ON a (n)";
    project_.write("002_b.sql", mark + build + ";");
    announce(1, build);
    project_.ask("INSERT INTO a VALUES (51, 1)");
    EXPECT_THROW(project_.ask(build), Error);
    project_.ask("DELETE FROM a WHERE id > 50");

    EXPECT_THAT(apply_and_listen().steps, SizeIs(1));

    EXPECT_THAT(said_, Contains(HasSubstr("dropped the invalid index public.a_n_idx")));
    EXPECT_EQ(project_.ask("SELECT count(*) FROM pg_index WHERE indrelid = 'a'::regclass"), "1");
    EXPECT_EQ(valid_indexes(), "a_n_idx");
}

TEST_F(LostSteps, DoesNotTakeAnotherIndexForALostOne) {
    make_table();
    const std::string build = "CREATE INDEX CONCURRENTLY lost ON a (n)";
    project_.write("002_b.sql", mark + build + ";");
    announce(1, build);
    project_.ask("CREATE INDEX lost ON a (id)");

    const auto error = project_.apply_error();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::conflict);
    EXPECT_THAT(error->message(), HasSubstr("002_b.sql:2:1: statement 1 was running"));
    EXPECT_THAT(error->hint(), HasSubstr("--resume-after 1"));
}

TEST_F(LostSteps, AsksAboutALostProcedureThatCommits) {
    make_table();
    const std::string move = "DO $$ BEGIN INSERT INTO a VALUES (1000); COMMIT; END $$";
    project_.write("002_b.sql", mark + move + ";\nCREATE TABLE b ();");
    announce(1, move);

    const auto error = project_.apply_error();
    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::conflict);
    EXPECT_THAT(error->hint(), HasSubstr("--retry 1"));
    EXPECT_THAT(apply_and_listen({.resume_after = 0}).steps, SizeIs(1));
    EXPECT_EQ(project_.ask("SELECT count(*) FROM a WHERE id = 1000"), "1");
    EXPECT_TRUE(project_.has_table("b"));
}

struct Lost {
    const char* statement;
    const char* meanwhile;  ///< what the lost statement did, or nothing
    const char* holds;
};

TEST_F(LostSteps, JudgesLostStatementsByTheCatalogue) {
    make_table();
    project_.ask(
        "CREATE TABLE p (k int) PARTITION BY LIST (k);"
        "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);"
        "CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);"
        "CREATE INDEX old1 ON a (id); CREATE INDEX old2 ON a (id)");
    const std::string gone = "SELECT to_regclass('old1') IS NULL";
    const std::vector<Lost> cases = {
        {"DROP INDEX CONCURRENTLY old1", "DROP INDEX old1", gone.c_str()},
        {"DROP INDEX CONCURRENTLY old2", "SELECT 1", "SELECT to_regclass('old2') IS NULL"},
        {"ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
         "ALTER TABLE p DETACH PARTITION p1",
         "SELECT count(*) = 1 FROM pg_inherits"},
        {"ALTER TABLE p DETACH PARTITION p2 CONCURRENTLY",
         "SELECT 1",
         "SELECT count(*) = 0 FROM pg_inherits"},
        {"VACUUM a", "SELECT 1", "SELECT true"},
    };
    int number = 2;
    for (const Lost& lost : cases) {
        const std::string file = "00" + std::to_string(number) + "_b.sql";
        project_.write(file, mark + lost.statement + ";");
        announce(1, lost.statement);
        project_.ask("UPDATE poststack.migration_progress SET version = " + std::to_string(number) +
                     ", file_name = '" + file + "'");
        project_.ask(lost.meanwhile);

        const auto error = project_.apply_error();

        EXPECT_FALSE(error) << lost.statement << ": " << (error ? error->message() : "");
        EXPECT_EQ(project_.ask(lost.holds), "t") << lost.statement;
        ++number;
    }
}

/// A proxy that cuts the session when a message with this text has been answered.
class CutSteps : public LostSteps, public testing::WithParamInterface<const char*> {};

TEST_P(CutSteps, OneFurtherRunEndsInTheSameState) {
    make_table();
    project_.write("002_b.sql",
                   mark +
                       "INSERT INTO a VALUES (1000);\nCREATE INDEX CONCURRENTLY c ON a (n);\n"
                       "INSERT INTO a VALUES (2000);\nVACUUM a;\nSET work_mem = '5MB';\n"
                       "INSERT INTO a SELECT 3000 WHERE current_setting('work_mem') = '5MB';");
    CuttingProxy proxy(project_.target(), GetParam());
    try {
        static_cast<void>(migrate::apply(proxy.login(), project_.folder(), {}));
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::timeout) << error.message();
    }
    EXPECT_TRUE(proxy.has_cut());

    static_cast<void>(project_.apply());

    EXPECT_EQ(project_.applied(), "1,2");
    EXPECT_EQ(project_.ask("SELECT count(*) FROM a WHERE id IN (1000, 2000, 3000)"), "3");
    EXPECT_EQ(valid_indexes(), "c");
    EXPECT_EQ(progress(), "");
}

INSTANTIATE_TEST_SUITE_P(Each,
                         CutSteps,
                         testing::Values("VALUES (1000)",
                                         "statement_running",
                                         "CREATE INDEX CONCURRENTLY c ON a (n)",
                                         "VALUES (2000)",
                                         "VACUUM a",
                                         "5MB",
                                         "INSERT INTO poststack.schema_migrations"));

}  // namespace
}  // namespace poststack::migrate
