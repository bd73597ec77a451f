#include "pg/connection.h"

#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "caught.h"
#include "pg/copy.h"
#include "pg/pipeline.h"
#include "require_tool.h"
#include "server.h"
#include "sys/signal.h"

namespace poststack::pg {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::caught;
using ::testing::HasSubstr;

class ConnectionTest : public ::testing::Test {
  protected:
    void SetUp() override { POSTSTACK_REQUIRE_TOOL("postgres"); }

    static Connection connect() { return {test::shared_server().fresh_database(), seconds(30)}; }
};

TEST_F(ConnectionTest, PassesParametersAndReadsNulls) {
    Connection session = connect();

    const Result result =
        session.query("select $1::text as a, $2::int + 1 as b, $3::text as c", {"x'y", "41", {}});

    ASSERT_EQ(result.rows(), 1U);
    EXPECT_EQ(result.value(0, 0), "x'y");
    EXPECT_EQ(result.number(0, 1), 42);
    EXPECT_TRUE(result.is_null(0, 2));
    EXPECT_EQ(result.find_text(0, 2), std::nullopt);
    EXPECT_EQ(result.find_column("b"), 1U);
    EXPECT_EQ(result.find_column("z"), std::nullopt);
}

TEST_F(ConnectionTest, ACellOutsideTheResultIsABug) {
    Connection session = connect();
    const Result result = session.query("select 1");

    EXPECT_EQ(caught([&] { (void)result.value(1, 0); }).kind(), ErrorKind::bug);
}

TEST_F(ConnectionTest, ServerErrorCarriesStateDetailAndMessage) {
    Connection session = connect();
    (void)session.query("create table t (id int primary key)");
    (void)session.query("insert into t values (1)");

    const Error error = caught([&] { (void)session.query("insert into t values (1)"); });

    EXPECT_EQ(error.kind(), ErrorKind::database);
    EXPECT_EQ(error.sqlstate(), "23505");
    EXPECT_THAT(error.message(), HasSubstr("duplicate key"));
    EXPECT_THAT(error.detail(), HasSubstr("(id)=(1)"));
    EXPECT_FALSE(error.is_retryable());
}

TEST_F(ConnectionTest, ServerErrorCarriesPositionAndHint) {
    Connection session = connect();

    const Error error = caught([&] { (void)session.query("select lenght('x')"); });

    EXPECT_EQ(error.sqlstate(), "42883");
    EXPECT_EQ(error.position(), 8);
    EXPECT_NE(error.hint(), "");
}

TEST_F(ConnectionTest, ScriptRunsEveryStatementAndReturnsTheLastResult) {
    Connection session = connect();

    EXPECT_EQ(session.script("select 1; select 2; select 3").value(0, 0), "3");
    EXPECT_EQ(session.script_all("create table s (); select 1").size(), 2U);
    EXPECT_EQ(session.script("").rows(), 0U);
}

TEST_F(ConnectionTest, ScriptEachCountsTheStatementsBeforeTheFailingOne) {
    Connection session = connect();
    std::vector<std::string> tags;

    const Error error = caught([&] {
        session.script_each("create table s (); select 1; select 1 / 0; select 2",
                            [&](const Result& result) { tags.emplace_back(result.tag()); });
    });

    EXPECT_EQ(error.sqlstate(), "22012");
    EXPECT_EQ(tags, (std::vector<std::string>{"CREATE TABLE", "SELECT 1"}));
}

TEST_F(ConnectionTest, AScriptThatKillsItsSessionLeavesALostOne) {
    Connection session = connect();

    const Error error = caught(
        [&] { (void)session.script("select 1; select pg_terminate_backend(pg_backend_pid())"); });

    EXPECT_EQ(error.sqlstate(), "57P01");
    EXPECT_TRUE(session.is_broken());
}

TEST_F(ConnectionTest, AScriptThatWantsCopyDataEndsInsteadOfHanging) {
    Connection session = connect();
    (void)session.query("create table t (id int)");

    const Error error = caught([&] { (void)session.script("copy t from stdin; select 1"); });

    EXPECT_THAT(error.message(), HasSubstr("statement of its own"));
    EXPECT_EQ(session.script("copy (select generate_series(1, 9)) to stdout; select 7").value(0, 0),
              "7");
}

TEST_F(ConnectionTest, ReportsAffectedRows) {
    Connection session = connect();
    (void)session.query("create table t (id int)");

    EXPECT_EQ(session.query("insert into t select generate_series(1, 5)").affected(), 5U);
    EXPECT_EQ(session.query("select * from t").affected(), 5U);
    EXPECT_EQ(session.query("drop table t").tag(), "DROP TABLE");
}

TEST_F(ConnectionTest, KeepsNoticesUntilTheyAreTaken) {
    Connection session = connect();

    (void)session.query("drop table if exists nothing");
    const std::vector<Notice> notices = session.take_notices();

    ASSERT_EQ(notices.size(), 1U);
    EXPECT_EQ(notices[0].severity, "NOTICE");
    EXPECT_THAT(notices[0].message, HasSubstr("nothing"));
    EXPECT_TRUE(session.take_notices().empty());
}

TEST_F(ConnectionTest, KnowsItsTransactionStatus) {
    Connection session = connect();

    EXPECT_EQ(session.transaction_status(), TransactionStatus::idle);
    (void)session.query("begin");
    EXPECT_EQ(session.transaction_status(), TransactionStatus::in_transaction);
    EXPECT_THROW((void)session.query("select 1 / 0"), Error);
    EXPECT_EQ(session.transaction_status(), TransactionStatus::failed);
    (void)session.query("rollback");
    EXPECT_EQ(session.transaction_status(), TransactionStatus::idle);
}

TEST_F(ConnectionTest, KnowsServerAndBackend) {
    Connection session = connect();

    EXPECT_EQ(session.query("select pg_backend_pid()").number(0, 0), session.backend_pid());
    EXPECT_EQ(session.query("show server_version_num").number(0, 0), session.server_version());
    EXPECT_NE(session.parameter_status("server_version"), "");
    EXPECT_EQ(session.parameter_status("no such"), "");
}

TEST_F(ConnectionTest, StatementLimitCancelsOnTheServerAndKeepsTheSession) {
    Connection session = connect();
    session.set_statement_limit(milliseconds(200));

    const Error error = caught([&] { (void)session.query("select pg_sleep(600)"); });
    session.set_statement_limit(milliseconds(0));

    EXPECT_EQ(error.kind(), ErrorKind::timeout);
    EXPECT_FALSE(session.is_broken());
    EXPECT_EQ(session.query("select 1").value(0, 0), "1");
}

TEST_F(ConnectionTest, CancelFromAnotherThreadEndsTheStatement) {
    Connection session = connect();
    Connection watcher = connect();
    std::thread other([&] {
        const std::string pid = std::to_string(session.backend_pid());
        for (int tries = 0; tries < 1000; ++tries) {
            const Result seen = watcher.query(
                "select 1 from pg_stat_activity where pid = $1 and query like '%600%'", {pid});
            if (seen.rows() == 1) break;
            std::this_thread::sleep_for(milliseconds(10));
        }
        EXPECT_TRUE(session.cancel());
    });

    const Error error = caught([&] { (void)session.query("select pg_sleep(600)"); });
    other.join();

    EXPECT_EQ(error.sqlstate(), "57014");
}

TEST_F(ConnectionTest, ATerminatedSessionIsALostOne) {
    Connection session = connect();
    Connection killer = connect();
    (void)killer.query("select pg_terminate_backend($1, 30000)",
                       {std::to_string(session.backend_pid())});

    const Error first = caught([&] { (void)session.query("select 1"); });
    const Error second = caught([&] { (void)session.query("select 1"); });

    EXPECT_EQ(first.sqlstate(), "57P01");
    EXPECT_TRUE(first.is_retryable());
    EXPECT_TRUE(session.is_broken());
    EXPECT_EQ(second.kind(), ErrorKind::timeout);
    EXPECT_EQ(second.sqlstate(), "08006");
}

TEST_F(ConnectionTest, QuotesForSql) {
    Connection session = connect();

    EXPECT_EQ(session.quote_identifier("a\"b"), quote_identifier("a\"b"));
    EXPECT_EQ(session.query("select " + session.quote_literal("it's \\ x")).value(0, 0),
              "it's \\ x");
    EXPECT_EQ(session.query("select " + quote_literal("it's \\ x")).value(0, 0), "it's \\ x");
}

TEST_F(ConnectionTest, ScramVerifierSetsThePasswordWithoutShowingIt) {
    ConnInfo info = test::shared_server().fresh_role();
    Connection session(test::shared_server().superuser(), seconds(30));
    const Secret changed("a new one");

    const Secret verifier = scram_verifier(session, info.user, changed);
    (void)session.query("alter role " + quote_identifier(info.user) + " password " +
                        quote_literal(verifier.reveal()));
    info.password = changed.clone();

    EXPECT_TRUE(verifier.reveal().starts_with("SCRAM-SHA-256$"));
    EXPECT_FALSE(Connection(info, seconds(30)).is_broken());
}

TEST_F(ConnectionTest, CopyInStreamsPiecesThatNeedNotEndAtLines) {
    Connection session = connect();
    (void)session.query("create table t (id int, word text)");

    CopyIn copy(session, "copy t from stdin");
    copy.put("1\ton");
    copy.put("e\n2\ttwo\n");
    const std::uint64_t rows = copy.end();

    EXPECT_EQ(rows, 2U);
    EXPECT_EQ(session.query("select word from t order by id").value(0, 0), "one");
}

TEST_F(ConnectionTest, CopyInCarriesMoreThanTheSocketHolds) {
    Connection session = connect();
    (void)session.query("create table t (word text)");
    const std::string line = std::string(999, 'x') + "\n";

    CopyIn copy(session, "copy t from stdin");
    for (int i = 0; i < 4000; ++i)
        copy.put(line);

    EXPECT_EQ(copy.end(), 4000U);
}

TEST_F(ConnectionTest, CopyInReportsBadDataAtTheEnd) {
    Connection session = connect();
    (void)session.query("create table t (id int)");

    CopyIn copy(session, "copy t from stdin");
    copy.put("no number\n");
    const Error error = caught([&] { copy.end(); });

    EXPECT_EQ(error.sqlstate(), "22P02");
    EXPECT_THAT(error.detail(), HasSubstr("line 1"));
    EXPECT_EQ(session.query("select 1").value(0, 0), "1");
}

TEST_F(ConnectionTest, AnUnfinishedCopyIsUndone) {
    Connection session = connect();
    (void)session.query("create table t (id int)");

    {
        CopyIn copy(session, "copy t from stdin");
        copy.put("1\n");
    }

    EXPECT_EQ(session.query("select count(*) from t").value(0, 0), "0");
}

TEST_F(ConnectionTest, CopyInRefusesOtherStatements) {
    Connection session = connect();

    EXPECT_EQ(caught([&] { CopyIn copy(session, "select 1"); }).kind(), ErrorKind::bug);
    EXPECT_EQ(caught([&] { CopyIn copy(session, "copy nothing from stdin"); }).sqlstate(), "42P01");
    EXPECT_EQ(session.query("select 1").value(0, 0), "1");
}

TEST_F(ConnectionTest, PipelineHandsResultsOutInOrder) {
    Connection session = connect();
    {
        Pipeline pipeline(session);
        pipeline.send("select $1::int", {"1"});
        pipeline.send("select 2");
        pipeline.sync();

        EXPECT_EQ(pipeline.next().value(0, 0), "1");
        EXPECT_EQ(pipeline.next().value(0, 0), "2");
        EXPECT_EQ(pipeline.pending(), 0U);
    }
    EXPECT_EQ(session.query("select 3").value(0, 0), "3");
}

TEST_F(ConnectionTest, PipelineSkipsAfterAFailureUpToTheSyncPoint) {
    Connection session = connect();
    Pipeline pipeline(session);
    pipeline.send("select 1 / 0");
    pipeline.send("select 2");
    pipeline.sync();
    pipeline.send("select 3");
    pipeline.sync();

    EXPECT_EQ(caught([&] { (void)pipeline.next(); }).sqlstate(), "22012");
    EXPECT_EQ(caught([&] { (void)pipeline.next(); }).sqlstate(), "22012");
    EXPECT_EQ(pipeline.next().value(0, 0), "3");
}

TEST_F(ConnectionTest, PipelineFinishReportsTheFirstFailure) {
    Connection session = connect();
    {
        Pipeline pipeline(session);
        pipeline.send("begin");
        pipeline.send("select 1 / 0");
        pipeline.send("commit");
        EXPECT_EQ(caught([&] { (void)pipeline.finish(); }).sqlstate(), "22012");
    }
    EXPECT_EQ(session.transaction_status(), TransactionStatus::failed);
}

TEST_F(ConnectionTest, APipelineLeftEarlyLeavesTheSessionUsable) {
    Connection session = connect();
    {
        Pipeline pipeline(session);
        pipeline.send("select 1");
        pipeline.send("select 2");
    }
    EXPECT_FALSE(session.is_broken());
    EXPECT_EQ(session.query("select 3").value(0, 0), "3");
}

TEST_F(ConnectionTest, APipelineLargerThanBothSocketBuffersDoesNotLockUp) {
    Connection session = connect();
    const std::string large(20'000, 'x');
    Pipeline pipeline(session);
    for (int i = 0; i < 500; ++i)
        pipeline.send("select $1::text || $1::text", {large});

    EXPECT_EQ(pipeline.finish().value(0, 0).size(), 40'000U);
}

TEST_F(ConnectionTest, APipelineOnALostSessionSaysSo) {
    Connection session = connect();
    Connection killer = connect();
    Pipeline pipeline(session);
    (void)killer.query("select pg_terminate_backend($1, 30000)",
                       {std::to_string(session.backend_pid())});
    pipeline.send("select 1");
    pipeline.send("select 2");

    EXPECT_TRUE(caught([&] { (void)pipeline.finish(); }).is_retryable());
}

using ConnectionDeathTest = ConnectionTest;

// Signals are per process, so the interrupted program is a child.
TEST_F(ConnectionDeathTest, AnInterruptCancelsTheStatementAndKeepsTheSession) {
    const ConnInfo info = test::shared_server().fresh_database();
    const auto interrupted = [&] {
        sys::install_stop_signals();
        Connection session(info, seconds(30));
        std::thread alarm([] {
            std::this_thread::sleep_for(milliseconds(300));
            ::kill(::getpid(), SIGINT);
        });
        const Error error = caught([&] { (void)session.query("select pg_sleep(600)"); });
        alarm.join();
        const sys::DeferStop defer;
        const bool usable = session.query("select 1").value(0, 0) == "1";
        std::_Exit(
            error.kind() == ErrorKind::interrupted && error.signal() == SIGINT && usable ? 0 : 1);
    };

    EXPECT_EXIT(interrupted(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace poststack::pg
