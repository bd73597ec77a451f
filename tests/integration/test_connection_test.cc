#include "workflow/test_connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "caught.h"
#include "listener.h"
#include "pg/connection.h"
#include "require_tool.h"
#include "server.h"

namespace poststack::workflow {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::caught;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> names(const ConnectionReport& report) {
    std::vector<std::string> all;
    for (const ConnectionStep& step : report.steps)
        all.push_back(step.name);
    return all;
}

pg::ConnInfo at_port(int port) {
    pg::ConnInfo info;
    info.host = "127.0.0.1";
    info.port = port;
    info.user = "ann";
    info.database = "shop";
    return info;
}

TEST(TestConnection, ReportsEachStepOfAGoodConnection) {
    POSTSTACK_REQUIRE_TOOL("postgres");
    const pg::ConnInfo info = test::shared_server().fresh_role();
    TestConnectionOptions options;
    options.pool_size = 4;
    ConnectionReport report;

    test_connection(info, options, sys::system_clock(), report);

    EXPECT_THAT(
        names(report),
        ElementsAre(
            "resolve", "connect", "login", "select", "temporary table", "round trip", "pool"));
    EXPECT_EQ(report.attempts, 1);
    EXPECT_EQ(report.pool_size, 4);
    EXPECT_EQ(report.database, info.database);
    EXPECT_NE(report.server_version, "");
    EXPECT_LE(report.round_trip_min, report.round_trip_median);
    EXPECT_LE(report.round_trip_median, report.round_trip_max);
}

TEST(TestConnection, APoolLargerThanTheServerAllowsSaysWhichConnectionFailed) {
    POSTSTACK_REQUIRE_TOOL("postgres");
    const pg::ConnInfo info = test::shared_server().fresh_role();
    pg::Connection super(test::shared_server().superuser(), seconds(60));
    (void)super.query("alter role " + pg::quote_identifier(info.user) + " connection limit 3");
    TestConnectionOptions options;
    options.pool_size = 5;
    options.settings.retry_limit = 0;
    ConnectionReport report;

    const Error error =
        caught([&] { test_connection(info, options, sys::system_clock(), report); });

    EXPECT_EQ(error.sqlstate(), "53300");
    EXPECT_EQ(exit_code(error), 9);
    EXPECT_THAT(error.context(), ElementsAre("opening connection 4 of 5", "testing: pool"));
}

TEST(TestConnection, RetriesWhileTheServerStartsAndNoLonger) {
    const test::Listener server(test::refuse_login("57P03", "starting"));
    TestConnectionOptions options;
    options.settings.retry_limit = 3;
    std::vector<milliseconds> waits;
    options.on_retry = [&](const Error&, milliseconds wait, int) { waits.push_back(wait); };
    sys::FakeClock clock;
    ConnectionReport report;

    const Error error =
        caught([&] { test_connection(at_port(server.port()), options, clock, report); });

    EXPECT_EQ(exit_code(error), 7);
    EXPECT_EQ(server.accepted(), 4);
    EXPECT_EQ(report.attempts, 4);
    ASSERT_EQ(waits.size(), 3U);
    EXPECT_LE(waits[0], milliseconds(500));
    EXPECT_GE(waits[2], milliseconds(1000));
    EXPECT_LE(waits[2], milliseconds(2000));
    EXPECT_THAT(error.context(), ElementsAre("testing: login (attempt 4)"));
}

TEST(TestConnection, DoesNotRetryWhatStaysWrong) {
    const test::Listener server(test::refuse_login("28P01", "wrong"));
    ConnectionReport report;
    sys::FakeClock clock;

    const Error error = caught([&] { test_connection(at_port(server.port()), {}, clock, report); });

    EXPECT_EQ(exit_code(error), 6);
    EXPECT_EQ(server.accepted(), 1);
    EXPECT_THAT(error.context(), ElementsAre("testing: login"));
}

}  // namespace
}  // namespace poststack::workflow
