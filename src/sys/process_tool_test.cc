#include <csignal>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "support/in_child.h"
#include "sys/process.h"
#include "sys/signal.h"

namespace poststack::sys {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

ProcessPlan shell(std::string script) {
    ProcessPlan plan;
    plan.argv = {"sh", "-c", std::move(script)};
    return plan;
}

template <class Call>
Error error_of(const Call& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    return Error(ErrorKind::bug, "nothing was thrown");
}

TEST(RunTool, CollectsBothOutputsAndTheStatus) {
    const ToolResult result = run_tool(shell("echo out; echo err >&2; exit 3"), 60s);

    EXPECT_EQ(result.output, "out\n");
    EXPECT_EQ(result.errors, "err\n");
    EXPECT_EQ(result.status.code, 3);
}

TEST(RunTool, StreamsMoreThanAPipeHoldsBothWays) {
    std::string input;
    for (int number = 0; input.size() < (1U << 20); ++number)
        input += std::to_string(number) + '\n';

    const ToolResult result = run_tool(shell("tee /dev/stderr"), 60s, input);

    EXPECT_TRUE(result.output == input);
    EXPECT_TRUE(result.errors == input);
}

TEST(RunTool, EndsTheInput) {
    EXPECT_EQ(run_tool(shell("cat; echo end"), 60s).output, "end\n");
    EXPECT_EQ(run_tool(shell("cat; echo end"), 60s, "x\n").output, "x\nend\n");
}

TEST(RunTool, DoesNotMindAToolThatReadsNothing) {
    const ToolResult result =
        run_tool(shell("exec 0<&-; echo done"), 60s, std::string(1U << 20, 'x'));

    EXPECT_EQ(result.output, "done\n");
    EXPECT_TRUE(result.status.ok());
}

TEST(RunTool, DropsOutputBeyondTheLimit) {
    const ToolResult result =
        run_tool(shell("head -c 300000 /dev/zero; echo x >&2"), 60s, {}, 1000);

    EXPECT_EQ(result.output.size(), 1000U);
    EXPECT_EQ(result.errors, "x\n");
    EXPECT_TRUE(result.status.ok());
}

TEST(RunTool, DoesNotWaitForAGrandchildThatHoldsThePipes) {
    const ToolResult result = run_tool(shell("sleep 1000 & echo $!"), 60s);

    EXPECT_TRUE(result.status.ok());
    const auto pid = parse_integer(trim(result.output));
    ASSERT_TRUE(pid);
    EXPECT_EQ(::kill(static_cast<pid_t>(*pid), SIGKILL), 0);
}

TEST(RunTool, KillsAToolThatTakesTooLong) {
    ProcessPlan plan;
    plan.argv = {"sleep", "1000"};
    const Error error = error_of([&] { (void)run_tool(plan, 50ms); });

    EXPECT_EQ(error.kind(), ErrorKind::timeout);
    EXPECT_EQ(error.message(), "\"sleep\" did not finish within 50 ms");
}

TEST(RunTool, StopsOnASignal) {
    EXPECT_EQ(
        test::in_child([] {
            install_stop_signals();
            try {
                (void)run_tool(shell("kill -TERM $PPID; exec sleep 1000"), 60s);
                return 1;
            } catch (const Error& error) {
                return error.kind() == ErrorKind::interrupted && error.signal() == SIGTERM ? 0 : 2;
            }
        }),
        0);
}

TEST(RunTool, GoesOnWhileStopsAreDeferred) {
    EXPECT_EQ(test::in_child([] {
                  install_stop_signals();
                  const DeferStop hold;
                  const ToolResult result =
                      run_tool(shell("kill -TERM $PPID; sleep 0.1; echo done"), 60s);
                  return result.output == "done\n" && stop_requested() == SIGTERM ? 0 : 1;
              }),
              0);
}

TEST(RunTool, LeavesSigpipeAsItWas) {
    EXPECT_EQ(test::in_child([] {
                  (void)run_tool(shell("exec 0<&-; echo done"), 60s, std::string(1U << 20, 'x'));
                  sigset_t now;
                  ::sigprocmask(SIG_BLOCK, nullptr, &now);
                  sigset_t pending;
                  ::sigpending(&pending);
                  return ::sigismember(&now, SIGPIPE) == 0 && ::sigismember(&pending, SIGPIPE) == 0
                             ? 0
                             : 1;
              }),
              0);
}

TEST(RunChecked, ReturnsTheOutput) {
    EXPECT_EQ(run_checked(shell("cat"), 60s, "in"), "in");
}

TEST(RunChecked, ShowsTheLastLinesOfAFailure) {
    const Error error = error_of([] {
        (void)run_checked(shell("for i in $(seq 20); do echo \"line $i\" >&2; done; exit 3"), 60s);
    });

    EXPECT_EQ(error.kind(), ErrorKind::tool);
    EXPECT_EQ(error.message(), "\"sh\" failed (exit code 3): line 20");
    EXPECT_THAT(error.detail(), HasSubstr("line 11\nline 12"));
    EXPECT_THAT(error.detail(), Not(HasSubstr("line 10\n")));
}

TEST(RunChecked, SaysSoWhenTheToolSaidNothing) {
    const Error error = error_of([] { (void)run_checked(shell("kill -9 $$"), 60s); });

    EXPECT_EQ(error.message(), "\"sh\" failed (signal 9 (Killed))");
    EXPECT_EQ(error.detail(), "");
}

TEST(RunChecked, MasksWhatTheToolSaid) {
    const Error error = error_of([] {
        (void)run_checked(shell("echo a >&2; echo bad postgres://u:topsecret@h/d >&2; exit 1"),
                          60s);
    });

    EXPECT_THAT(error.message(), HasSubstr("postgres://u:***@h/d"));
    EXPECT_THAT(error.message() + error.detail(), Not(HasSubstr("topsecret")));
}

}  // namespace
}  // namespace poststack::sys
