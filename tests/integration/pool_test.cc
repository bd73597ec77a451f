#include "poststack/pool.h"

#include <atomic>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "caught.h"
#include "pg/connection.h"
#include "require_tool.h"
#include "server.h"

namespace poststack {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::caught;
using ::testing::HasSubstr;
using ::testing::Not;

PoolSettings small(int size, int overflow) {
    PoolSettings settings;
    settings.size = size;
    settings.max_overflow = overflow;
    settings.retry_interval = milliseconds(50);
    settings.timeout = seconds(60);
    return settings;
}

class PoolTest : public ::testing::Test {
  protected:
    void SetUp() override { POSTSTACK_REQUIRE_TOOL("postgres"); }

    static std::string fresh_url() { return test::url_of(test::shared_server().fresh_database()); }

    /// A pool's statistics reach `wanted`; bounded.
    template <class Condition>
    static void wait_until(Condition condition) {
        for (int i = 0; i < 6000 && !condition(); ++i) {
            std::this_thread::sleep_for(milliseconds(10));
        }
        ASSERT_TRUE(condition());
    }
};

TEST_F(PoolTest, LendsTheSameConnectionAgain) {
    Pool pool(fresh_url(), small(2, 0));

    const int first = pool.acquire().backend_pid();
    const int second = pool.acquire().backend_pid();

    EXPECT_EQ(first, second);
    EXPECT_EQ(pool.stats().opened, 1U);
    EXPECT_EQ(pool.stats().idle, 1);
}

TEST_F(PoolTest, SessionsHaveTheSettings) {
    PoolSettings settings = small(1, 0);
    settings.query_timeout = seconds(7);
    Pool pool(fresh_url(), settings);
    Loan loan = pool.acquire();

    const Rows rows = loan.query(
        "select current_setting('statement_timeout'), current_setting('lock_timeout'), "
        "current_setting('idle_in_transaction_session_timeout'), current_setting('jit')");

    EXPECT_EQ(rows.at(0, 0), "7s");
    EXPECT_EQ(rows.at(0, 1), "5s");
    EXPECT_EQ(rows.at(0, 2), "1min");
    EXPECT_EQ(rows.at(0, 3), "off");
}

TEST_F(PoolTest, AStatementThatTakesTooLongIsEndedByTheServer) {
    PoolSettings settings = small(1, 0);
    settings.query_timeout = milliseconds(200);
    Pool pool(fresh_url(), settings);
    Loan loan = pool.acquire();

    EXPECT_EQ(caught([&] { (void)loan.query("select pg_sleep(600)"); }).sqlstate(), "57014");
    EXPECT_EQ(loan.query("select 1").at(0, 0), "1");
}

TEST_F(PoolTest, OverflowIsClosedWhenReturned) {
    Pool pool(fresh_url(), small(1, 2));
    {
        const Loan a = pool.acquire();
        const Loan b = pool.acquire();
        const Loan c = pool.acquire();
        EXPECT_EQ(pool.stats().on_loan, 3);
    }

    EXPECT_EQ(pool.stats().idle, 1);
    EXPECT_EQ(pool.stats().on_loan, 0);
    EXPECT_EQ(pool.stats().closed, 2U);
}

TEST_F(PoolTest, WaitingTooLongSaysHowManyAreOut) {
    PoolSettings settings = small(1, 0);
    settings.timeout = milliseconds(100);
    Pool pool(fresh_url(), settings);
    // Opening may take longer than that on a busy machine.
    std::optional<Loan> loan;
    wait_until([&] {
        try {
            loan = pool.acquire();
        } catch (const Error&) {
        }
        return loan.has_value();
    });

    const Error error = caught([&] { (void)pool.acquire(); });

    EXPECT_EQ(error.kind(), ErrorKind::timeout);
    EXPECT_THAT(error.message(), HasSubstr("all 1 are on loan"));
    EXPECT_EQ(pool.stats().waiting, 0);
}

TEST_F(PoolTest, ServesWaitersInOrder) {
    Pool pool(fresh_url(), small(1, 0));
    std::optional<Loan> loan = pool.acquire();
    std::mutex mutex;
    std::vector<int> order;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            const Loan mine = pool.acquire();
            const std::scoped_lock lock(mutex);
            order.push_back(i);
        });
        wait_until([&] { return pool.stats().waiting == i + 1; });
    }

    loan.reset();
    for (std::thread& thread : threads)
        thread.join();

    EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
    EXPECT_EQ(pool.stats().opened, 1U);
}

TEST_F(PoolTest, RollsBackWhatAReturnedSessionLeftOpen) {
    Pool pool(fresh_url(), small(1, 0));
    (void)pool.acquire().query("create table t (id int)");

    (void)pool.acquire().script("begin; insert into t values (1)");
    Loan next = pool.acquire();

    EXPECT_EQ(next.query("select count(*) from t").at(0, 0), "0");
    EXPECT_EQ(pool.stats().opened, 1U);
}

TEST_F(PoolTest, ReplacesADeadIdleConnection) {
    PoolSettings settings = small(1, 0);
    settings.ping_after = milliseconds(0);
    Pool pool(fresh_url(), settings);
    const int first = pool.acquire().backend_pid();
    pg::Connection killer(test::shared_server().superuser(), seconds(30));
    (void)killer.query("select pg_terminate_backend($1, 30000)", {std::to_string(first)});

    Loan loan = pool.acquire();

    EXPECT_NE(loan.backend_pid(), first);
    EXPECT_EQ(loan.query("select 1").at(0, 0), "1");
    EXPECT_EQ(pool.stats().found_dead, 1U);
}

TEST_F(PoolTest, OneDeadConnectionMakesTheOthersSuspect) {
    PoolSettings settings = small(3, 0);
    settings.pre_ping = false;
    Pool pool(fresh_url(), settings);
    pool.warm_up(3);
    pg::Connection killer(test::shared_server().superuser(), seconds(30));
    (void)killer.query(
        "select pg_terminate_backend(pid, 30000) from pg_stat_activity "
        "where datname is not null and pid <> pg_backend_pid()");

    {
        Loan loan = pool.acquire();
        EXPECT_TRUE(caught([&] { (void)loan.query("select 1"); }).is_retryable());
    }
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(pool.acquire().query("select 1").at(0, 0), "1");
}

TEST_F(PoolTest, ReplacesOldConnections) {
    PoolSettings settings = small(1, 0);
    settings.recycle = milliseconds(1);
    Pool pool(fresh_url(), settings);
    const int first = pool.acquire().backend_pid();
    std::this_thread::sleep_for(milliseconds(5));

    EXPECT_NE(pool.acquire().backend_pid(), first);
    EXPECT_EQ(pool.stats().recycled, 1U);
}

TEST_F(PoolTest, ADiscardedConnectionIsNotLentAgain) {
    Pool pool(fresh_url(), small(1, 0));
    Loan loan = pool.acquire();
    const int first = loan.backend_pid();

    loan.discard();

    EXPECT_NE(pool.acquire().backend_pid(), first);
    EXPECT_EQ(caught([&] { (void)loan.backend_pid(); }).kind(), ErrorKind::bug);
}

TEST_F(PoolTest, RunRepeatsWhatMayBeRepeated) {
    Pool pool(fresh_url(), small(1, 0));
    int calls = 0;

    const std::string answer = pool.run([&](Loan& loan) {
        if (++calls == 1) {
            (void)loan.query("do $$ begin raise exception using errcode = '40001'; end $$");
        }
        return std::string(loan.query("select 'done'").at(0, 0));
    });
    const Error error =
        caught([&] { pool.run([&](Loan& loan) { (void)loan.query("select 1 / 0"); }); });

    EXPECT_EQ(answer, "done");
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(error.sqlstate(), "22012");
}

TEST_F(PoolTest, RunGivesUpAfterTheRetryLimit) {
    Pool pool(fresh_url(), small(1, 0));
    int calls = 0;

    const Error error = caught([&] {
        pool.run([&](Loan& loan) {
            ++calls;
            (void)loan.query("do $$ begin raise exception using errcode = '40001'; end $$");
        });
    });

    EXPECT_EQ(error.sqlstate(), "40001");
    EXPECT_EQ(calls, 4);
}

TEST_F(PoolTest, CloseFailsThoseWhoWaitAndWaitsForLoans) {
    Pool pool(fresh_url(), small(1, 0));
    std::optional<Loan> loan = pool.acquire();
    std::optional<Error> refused;
    std::thread waiter([&] { refused = caught([&] { (void)pool.acquire(); }); });
    wait_until([&] { return pool.stats().waiting == 1; });

    EXPECT_FALSE(pool.close(milliseconds(10)));
    waiter.join();
    loan.reset();

    EXPECT_TRUE(pool.close(seconds(60)));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->kind(), ErrorKind::conflict);
    EXPECT_EQ(caught([&] { (void)pool.acquire(); }).kind(), ErrorKind::conflict);
    EXPECT_EQ(pool.stats().idle, 0);
}

TEST_F(PoolTest, ALoanMayOutliveItsPool) {
    auto pool = std::make_unique<Pool>(fresh_url(), small(1, 0));
    Loan loan = pool->acquire();

    pool.reset();

    EXPECT_EQ(loan.query("select 1").at(0, 0), "1");
}

TEST_F(PoolTest, AWrongPasswordIsNotRetriedAndNeverShown) {
    pg::ConnInfo info = test::shared_server().fresh_role();
    info.password = Secret("not-the-password");
    Pool pool(test::url_of(info), small(1, 0));

    const Error error = caught([&] { (void)pool.acquire(); });

    EXPECT_EQ(error.kind(), ErrorKind::denied);
    EXPECT_EQ(error.sqlstate(), "28P01");
    EXPECT_THAT(error.message() + error.hint(), Not(HasSubstr("not-the-password")));
    EXPECT_EQ(pool.stats().on_loan, 0);
}

}  // namespace
}  // namespace poststack
