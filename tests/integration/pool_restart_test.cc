// Many threads on one pool while the server goes away and comes back. Run under ThreadSanitizer
// too (docs/architecture.md, "Testing").
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "caught.h"
#include "pg/connection.h"
#include "poststack/pool.h"
#include "require_tool.h"
#include "server.h"

namespace poststack {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Eight threads that borrow, work and return until told to stop; counts what they meet.
class Workers {
  public:
    explicit Workers(Pool& pool) {
        for (int i = 0; i < 8; ++i) {
            threads_.emplace_back([this, &pool, i] { work(pool, i); });
        }
    }

    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;
    ~Workers() { stop(); }

    void stop() {
        stop_ = true;
        for (std::thread& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }

    /// Returns once every thread has finished `count` more rounds; bounded.
    [[nodiscard]] bool wait_for_rounds(int count) const {
        std::array<int, 8> start{};
        for (std::size_t i = 0; i < start.size(); ++i)
            start[i] = rounds_[i];
        for (int tries = 0; tries < 12'000; ++tries) {
            bool all = true;
            for (std::size_t i = 0; i < start.size(); ++i) {
                all = all && rounds_[i] >= start[i] + count;
            }
            if (all) return true;
            std::this_thread::sleep_for(milliseconds(10));
        }
        return false;
    }

    /// Kind and SQLSTATE of each failure, and how often it was met.
    [[nodiscard]] std::map<std::string, int> failures() const {
        const std::scoped_lock lock(mutex_);
        return failures_;
    }

    [[nodiscard]] bool met_a_strange_error() const { return strange_; }

  private:
    void work(Pool& pool, int number) {
        while (!stop_) {
            try {
                Loan loan = pool.acquire();
                const std::string mine = std::to_string(number);
                (void)loan.script("begin");
                if (loan.query("select $1::text", {mine}).at(0, 0) != mine) strange_ = true;
                if (number % 2 == 0) (void)loan.script("commit");  // the others leave it open
                ++rounds_[static_cast<std::size_t>(number)];
            } catch (const Error& error) {
                note(error);
            } catch (...) {
                strange_ = true;
            }
        }
    }

    void note(const Error& error) {
        // All that a restart may do to a user of the pool is retryable, and says so.
        if (!error.is_retryable()) strange_ = true;
        const std::scoped_lock lock(mutex_);
        ++failures_[std::string(name(error.kind())) + " " + error.sqlstate() + " " +
                    error.message()];
    }

    std::atomic<bool> stop_ = false;
    std::atomic<bool> strange_ = false;
    std::array<std::atomic<int>, 8> rounds_{};
    mutable std::mutex mutex_;
    std::map<std::string, int> failures_;
    std::vector<std::thread> threads_;
};

class PoolRestartTest : public ::testing::TestWithParam<test::StopMode> {
  protected:
    void SetUp() override { POSTSTACK_REQUIRE_TOOL("postgres"); }
};

TEST_P(PoolRestartTest, RecoversAndLosesNoLoan) {
    test::Server& server = test::shared_server();
    PoolSettings settings;
    settings.size = 3;
    settings.max_overflow = 2;  // fewer than threads: some wait, some overflow
    settings.timeout = seconds(100);
    settings.retry_interval = milliseconds(20);
    settings.ping_after = milliseconds(0);
    Pool pool(test::url_of(server.fresh_database()), settings);
    Workers workers(pool);

    ASSERT_TRUE(workers.wait_for_rounds(5));
    for (int restarts = 0; restarts < 2; ++restarts) {
        server.restart(GetParam());
        ASSERT_TRUE(workers.wait_for_rounds(5));
    }
    workers.stop();

    for (const auto& [text, count] : workers.failures())
        RecordProperty(text, count);
    EXPECT_FALSE(workers.met_a_strange_error()) << ::testing::PrintToString(workers.failures());
    EXPECT_EQ(pool.stats().on_loan, 0);
    EXPECT_EQ(pool.stats().waiting, 0);
    EXPECT_LE(pool.stats().idle, settings.size);
    EXPECT_TRUE(pool.close(seconds(60)));
}

INSTANTIATE_TEST_SUITE_P(StopModes,
                         PoolRestartTest,
                         ::testing::Values(test::StopMode::fast, test::StopMode::immediate));

}  // namespace
}  // namespace poststack
