// Several runs at once, and runs that lose their sessions or their life in the middle.
#include <csignal>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "caught.h"
#include "cutting_proxy.h"
#include "migrate/holders.h"
#include "migrate/lock.h"
#include "migrate/schema.h"
#include "migrate_fixture.h"
#include "require_tool.h"
#include "sys/clock.h"
#include "sys/process.h"
#include "sys/user.h"

namespace poststack::migrate {
namespace {

using namespace std::chrono_literals;
using test::CuttingProxy;
using test::MigrationProject;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Concurrency : public testing::Test {
  protected:
    /// Waits until the query answers "t"; fails the test after a long while.
    void await(const std::string& sql) {
        for (int i = 0; i < 1200; ++i) {
            if (project_.ask(sql) == "t") return;
            sys::system_clock().sleep(50ms);
        }
        FAIL() << "never true: " << sql;
    }

    /// Starts `count` runs at once; returns how many files each applied.
    std::vector<std::size_t> run_many(int count) {
        std::vector<std::size_t> applied(static_cast<std::size_t>(count));
        std::vector<std::thread> runs;
        for (std::size_t& mine : applied) {
            runs.emplace_back([&] {
                try {
                    mine = project_.apply({.run = {.wait_limit = 120s}}).steps.size();
                } catch (const Error& error) {
                    ADD_FAILURE() << error.what();
                }
            });
        }
        for (std::thread& run : runs)
            run.join();
        return applied;
    }

    /// Starts a run in a process of its own and kills that while "pg_sleep(600)" of a file runs.
    pid_t kill_a_run() {
        const pid_t child = ::fork();
        if (child == 0) {
            try {
                static_cast<void>(project_.apply());
            } catch (...) {
            }
            ::_exit(0);
        }
        await(
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND "
            "query LIKE '%pg_sleep(600)%' AND application_name LIKE 'poststack migrate %'");
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        return child;
    }

    MigrationProject project_;
};

TEST_F(Concurrency, OneOfThreeRunsWorksTheOthersFindNothingToDo) {
    for (int number = 1; number <= 5; ++number)
        project_.write_table(number);

    const auto applied = run_many(3);

    EXPECT_EQ(applied[0] + applied[1] + applied[2], 5U);
    EXPECT_EQ(project_.applied(), "1,2,3,4,5");
}

TEST_F(Concurrency, FiftyRunsApplyEachFileOnce) {
    project_.ask("CREATE SEQUENCE calls");
    for (int number = 1; number <= 3; ++number) {
        project_.write("00" + std::to_string(number) + "_n.sql", "SELECT nextval('calls');");
    }
    std::size_t total = 0;
    for (const std::size_t mine : run_many(50))
        total += mine;

    EXPECT_EQ(total, 3U);
    EXPECT_EQ(project_.ask("SELECT last_value FROM calls"), "3");
}

TEST_F(Concurrency, GivesUpWaitingAndNamesTheHolder) {
    project_.write_table(1);
    const MigrationLock holder(project_.target(), {.wait_limit = 1s});

    const auto error = project_.apply_error({.run = {.wait_limit = 50ms}});

    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::conflict);
    EXPECT_THAT(error->message(),
                HasSubstr("another migration run holds the lock: role \"postgres\""));
    EXPECT_THAT(error->message(), HasSubstr(std::to_string(holder.backend_pid())));
}

TEST_F(Concurrency, TellsThatItWaits) {
    project_.write_table(1);
    std::optional<MigrationLock> holder(
        std::in_place, project_.target(), LockOptions{.wait_limit = 1s});
    std::string said;
    ApplyOptions options;
    options.run.on_progress = [&](const ProgressEvent& event) {
        if (event.kind != ProgressEvent::Kind::waiting) return;
        said = event.text;
        holder.reset();
    };
    EXPECT_THAT(project_.apply(options).steps, SizeIs(1));
    EXPECT_THAT(said, HasSubstr("another migration run"));
}

TEST_F(Concurrency, DoesNothingWithoutWaitingWhenNothingIsPending) {
    project_.write_table(1);
    static_cast<void>(project_.apply());
    const MigrationLock holder(project_.target(), {.wait_limit = 1s});

    EXPECT_THAT(project_.apply({.run = {.wait_limit = 0ms}}).steps, IsEmpty());
}

const char* const kill_lock_session =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND application_name LIKE 'poststack lock %';\nSELECT pg_sleep(0.2);\n";

TEST_F(Concurrency, RollsBackWhenTheLockSessionDies) {
    project_.write_table(1);
    project_.write("002_b.sql", std::string("CREATE TABLE b ();\n") + kill_lock_session);

    const auto error = project_.apply_error();

    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::conflict);
    EXPECT_THAT(error->message(), HasSubstr("the session that holds the migration lock has ended"));
    EXPECT_EQ(project_.applied(), "1");
    EXPECT_FALSE(project_.has_table("b"));
}

TEST_F(Concurrency, SecondRunWaitsForTheTransactionOfARunThatLostItsLock) {
    // The first run loses its lock session and goes on for a while; the second, started meanwhile,
    // gets the lock but must not apply the file a second time beside it.
    project_.ask("CREATE TABLE calls (n int)");
    project_.write("001_a.sql",
                   std::string("INSERT INTO calls VALUES (1);\n") + kill_lock_session +
                       "SELECT pg_sleep(1.5);\n");
    std::thread first([&] { static_cast<void>(project_.apply_error()); });
    await(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND query "
        "LIKE '%pg_sleep(1.5)%' AND application_name LIKE 'poststack migrate %'");
    project_.write("001_a.sql", "INSERT INTO calls VALUES (2);\n");
    const auto second = project_.apply();
    first.join();

    EXPECT_THAT(second.steps, SizeIs(1));
    EXPECT_EQ(project_.ask("SELECT string_agg(n::text, ',') FROM calls"), "2");
}

TEST_F(Concurrency, SettlesACommitWhoseAnswerWasLost) {
    project_.write_table(1);
    CuttingProxy proxy(project_.target(), "COMMIT");
    static_cast<void>(create_schema(project_.target(), 30s, {}));

    const ApplyResult result = migrate::apply(proxy.login(), project_.folder(), {});

    EXPECT_TRUE(proxy.has_cut());
    EXPECT_THAT(result.steps, SizeIs(1));
    EXPECT_EQ(project_.applied(), "1");
}

TEST_F(Concurrency, StopsAfterALostCommitWithMoreToDo) {
    project_.write_table(1);
    project_.write_table(2);
    CuttingProxy proxy(project_.target(), "COMMIT");
    static_cast<void>(create_schema(project_.target(), 30s, {}));

    try {
        static_cast<void>(migrate::apply(proxy.login(), project_.folder(), {}));
        FAIL() << "went on";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::timeout);
        EXPECT_THAT(error.context().back(), HasSubstr("applied by this run: 001_t1.sql"));
    }
    EXPECT_EQ(project_.applied(), "1");
    EXPECT_THAT(project_.apply().steps, SizeIs(1));
}

TEST_F(Concurrency, SettlesACommitThatNeverHappened) {
    // The session dies while COMMIT runs its deferred trigger.
    project_.write("001_a.sql",
                   "CREATE TABLE a (n int);\n"
                   "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                   "pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;\n"
                   "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED "
                   "FOR EACH ROW EXECUTE FUNCTION die();\nINSERT INTO a VALUES (1);\n");
    const auto error = project_.apply_error();

    ASSERT_TRUE(error);
    EXPECT_EQ(error->kind(), ErrorKind::timeout);
    EXPECT_THAT(error->message(), HasSubstr("had no effect"));
    EXPECT_FALSE(project_.has_table("a"));
}

TEST_F(Concurrency, GoesOnAfterARunWasKilled) {
    project_.write_table(1);
    project_.ask("CREATE TABLE gate (n int)");
    project_.write(
        "002_slow.sql",
        "CREATE TABLE slow ();\nSELECT pg_sleep(600) WHERE NOT EXISTS (SELECT FROM gate);\n");
    static_cast<void>(kill_a_run());
    project_.ask("INSERT INTO gate VALUES (1)");
    EXPECT_EQ(project_.applied(), "1");

    EXPECT_THAT(project_.apply({.run = {.wait_limit = 120s}}).steps, SizeIs(1));
    EXPECT_EQ(project_.applied(), "1,2");
}

/// PgBouncer in front of the test server.
class Pooler {
  public:
    Pooler(const pg::ConnInfo& server, const std::string& mode) : login_(server.clone()) {
        const auto account = ::geteuid() == 0 ? sys::find_account("postgres") : std::nullopt;
        const std::string folder = folder_.path().string();
        const std::filesystem::path settings = folder_.path() / "pgbouncer.ini";
        sys::replace_file(
            settings,
            "[databases]\n" + server.database + " = host=" + server.host +
                " port=" + std::to_string(server.port) + " user=" + server.user +
                "\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\nunix_socket_dir = " + folder +
                "\nauth_type = any\npool_mode = " + mode +
                "\nignore_startup_parameters = extra_float_digits,options\n");
        sys::ProcessPlan plan;
        plan.argv = {program(), "-q", settings.string()};
        if (account) {
            EXPECT_EQ(::chown(folder.c_str(), account->uid, account->gid), 0);
            EXPECT_EQ(::chown(settings.c_str(), account->uid, account->gid), 0);
            plan.account = account;
        }
        process_.emplace(sys::spawn(plan));
        login_.host = folder;
        login_.port = 6432;
        await_start();
    }

    [[nodiscard]] const pg::ConnInfo& login() const noexcept { return login_; }

    /// Debian's lies where ordinary users' PATH does not lead.
    static std::string program() {
        const std::string usual = "/usr/sbin/pgbouncer";
        return std::filesystem::exists(usual) ? usual : "pgbouncer";
    }

  private:
    void await_start() {
        for (int i = 0; i < 600; ++i) {
            try {
                static_cast<void>(pg::Connection(login_));
                return;
            } catch (const Error&) {
                sys::system_clock().sleep(50ms);
            }
        }
        ADD_FAILURE() << "pgbouncer does not answer";
    }

    sys::TempDir folder_;
    pg::ConnInfo login_;
    std::optional<sys::ChildProcess> process_;
};

TEST_F(Concurrency, RefusesAPoolerInTransactionModeAlone) {
    if (Pooler::program() == "pgbouncer") POSTSTACK_REQUIRE_TOOL("pgbouncer");
    project_.write_table(1);
    {
        const Pooler pooler(project_.target(), "transaction");
        const auto error = test::caught(
            [&] { static_cast<void>(migrate::apply(pooler.login(), project_.folder())); });
        EXPECT_EQ(error.kind(), ErrorKind::config);
        EXPECT_THAT(error.message(), HasSubstr("is a connection pooler in transaction mode"));
    }
    const Pooler pooler(project_.target(), "session");
    EXPECT_THAT(migrate::apply(pooler.login(), project_.folder()).steps, SizeIs(1));
}

TEST_F(Concurrency, EndsWhatADeadRunLeftWhenForced) {
    project_.write_table(1);
    project_.write("002_slow.sql",
                   "SET client_connection_check_interval = 0;\nCREATE TABLE slow ();\n"
                   "SELECT pg_sleep(600) WHERE to_regclass('gate') IS NULL;\n");
    const pid_t child = kill_a_run();
    project_.ask("CREATE TABLE gate ()");
    await(
        "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND "
        "application_name LIKE 'poststack lock %'");

    const auto refused = project_.apply_error({.run = {.wait_limit = 100ms}});
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->kind(), ErrorKind::conflict);
    EXPECT_THAT(refused->message(),
                HasSubstr("a statement of an earlier run, whose client is gone"));
    EXPECT_THAT(refused->message(), HasSubstr("SELECT pg_sleep(600)"));
    {
        pg::Connection connection(project_.target());
        const auto holders = find_holders(connection);
        ASSERT_THAT(holders, SizeIs(1));
        EXPECT_EQ(holders[0].client_pid, child);
        EXPECT_THAT(holders[0].stale, HasSubstr("is gone"));
    }

    EXPECT_THAT(project_.apply({.run = {.wait_limit = 120s, .force = true}}).steps, SizeIs(1));
    EXPECT_EQ(project_.applied(), "1,2");
}

}  // namespace
}  // namespace poststack::migrate
