// Proofs of chains long enough to be proven on several databases at a time.
#include <atomic>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "pg/connection.h"
#include "prove_fixture.h"

namespace poststack::workflow {
namespace {

using std::chrono::seconds;

/// A long chain is proven on several databases at a time; nobody must notice.
class ProveLongChain : public ProveTest {
  protected:
    static constexpr int pairs = 60;

    void SetUp() override {
        ProveTest::SetUp();
        for (int number = 1; number <= pairs; ++number) {
            add(fmt::format("{:03}_t", number),
                fmt::format("CREATE TABLE t{0} (a int); ALTER TABLE t{0} ADD b int;", number),
                fmt::format("DROP TABLE t{};", number).c_str());
        }
    }

    ProofReport run_with_helpers() {
        const pg::ConnInfo info = test::shared_server().fresh_database();
        const ScratchPlan plan{info.clone(), info.clone(), {}, {}, {}};
        ScratchDatabase scratch(plan.clone());
        ProveOptions options;
        options.make_helper = [&] {
            ++made_;
            return std::make_unique<ScratchDatabase>(plan.clone());
        };
        options.on_pair = [&](const PairProof& pair, std::size_t index, std::size_t) {
            EXPECT_EQ(pair.file.version.number, index);
        };
        return prove(scratch, migrate::read_migrations(folder_.path()), options);
    }

    std::atomic<int> made_ = 0;
};

TEST_F(ProveLongChain, GivesEveryVerdictInOrder) {
    add("010_t", "CREATE TABLE t10 (a int);", "SELECT 1;");
    add("055_t", "CREATE TABLE t55 (a int);", "SELECT 1;");

    const ProofReport report = run_with_helpers();

    EXPECT_EQ(report.count(Verdict::lossless), 58U);
    EXPECT_EQ(name(report.pairs[9].verdict), "broken");
    EXPECT_EQ(name(report.pairs[54].verdict), "broken");
    EXPECT_EQ(made_ > 0, std::thread::hardware_concurrency() > 1);
}

TEST_F(ProveLongChain, EndsWhereTheChainEnds) {
    add("005_t", "SELECT nonsense;", "SELECT 1;");

    const ProofReport report = run_with_helpers();

    EXPECT_EQ(report.count(Verdict::lossless), 4U);
    EXPECT_EQ(report.count(Verdict::failed), 1U);
    EXPECT_EQ(report.count(Verdict::not_reached), 55U);
}

TEST_F(ProveLongChain, EndsInALaterPartAsWell) {
    add("058_t", "SELECT nonsense;", "SELECT 1;");

    const ProofReport report = run_with_helpers();

    EXPECT_EQ(report.count(Verdict::lossless), 57U);
    EXPECT_EQ(name(report.pairs[57].verdict), "failed");
    EXPECT_EQ(report.count(Verdict::not_reached), 2U);
}

TEST_F(ProveLongChain, DoesWithoutHelpersThatCannotBeHad) {
    const pg::ConnInfo info = test::shared_server().fresh_database();
    ScratchDatabase scratch({info.clone(), info.clone(), {}, {}, {}});
    ProveOptions options;
    options.make_helper = []() -> std::unique_ptr<ScratchDatabase> {
        throw Error(ErrorKind::database, "too many clients");
    };

    const ProofReport report = prove(scratch, migrate::read_migrations(folder_.path()), options);

    EXPECT_EQ(report.count(Verdict::lossless), 60U);
}

TEST_F(ProveLongChain, StaysAloneWhereTheServerItselfMayChange) {
    add("059_t", "CREATE ROLE prove_long_chain;", "DROP ROLE prove_long_chain;");

    const ProofReport report = run_with_helpers();

    EXPECT_EQ(report.count(Verdict::lossless), 60U);
    EXPECT_EQ(made_, 0);
    pg::Connection session(test::shared_server().fresh_database(), seconds(30));
    session.script("DROP ROLE prove_long_chain");
}

/// Who switches the server's counting of rows off must not hide what happens meanwhile.

}  // namespace
}  // namespace poststack::workflow
