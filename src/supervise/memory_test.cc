#include "supervise/memory.h"

#include <gmock/gmock.h>

#include "supervise/life.h"
#include "sys/clock.h"

namespace poststack::supervise {
namespace {

using namespace std::chrono_literals;

TEST(Memory, IsReadAsItWasWritten) {
    const Memory memory{.written = {"boot-a", 5000ms, 1'700'000'000'000ms},
                        .exit = Memory::Exit{26, "\"api\" is critical and is FATAL: it\nended"},
                        .crashes = {{"grp:api", 0ms}, {"db", 1500ms}}};
    const auto read = parse_memory(to_text(memory));

    ASSERT_TRUE(read);
    EXPECT_EQ(read->written.boot, "boot-a");
    EXPECT_EQ(read->written.up, 5000ms);
    EXPECT_EQ(read->exit->code, 26);
    EXPECT_EQ(read->exit->reason, "\"api\" is critical and is FATAL: it ended");
    ASSERT_EQ(read->crashes.size(), 2U);
    EXPECT_EQ(read->crashes[0].program, "grp:api");
    EXPECT_EQ(read->crashes[1].age, 1500ms);
    EXPECT_FALSE(parse_memory(to_text({}))->exit);
}

TEST(Memory, RefusesWhatIsNoStateFile) {
    const std::string head = "poststack-init state 1\nwritten 1 2 boot\n";
    EXPECT_TRUE(parse_memory(head));
    for (const std::string& text : {std::string(),
                                    std::string("\n"),
                                    std::string("poststack-init state 2\nwritten 1 2 boot\n"),
                                    std::string("poststack-init state 1\ncrash 1 x\n"),
                                    head + "crash 1",
                                    head + "crash x api\n",
                                    head + "crash -1 api\n",
                                    head + "crash 1 \n",
                                    head + "exit 256 x\n",
                                    head + "what 1\n"})
        EXPECT_FALSE(parse_memory(text)) << text;
}

TEST(Memory, AClockThatIsSetChangesNothing) {
    const Moment then{"boot-a", 1000s, 50'000s};

    EXPECT_EQ(elapsed(then, {"boot-a", 1010s, 50'010s}), 10s);
    EXPECT_EQ(elapsed(then, {"boot-a", 1010s, 46'400s}), 10s);
    EXPECT_EQ(elapsed(then, {"boot-b", 5s, 50'060s}), 60s);
    EXPECT_EQ(elapsed(then, {"boot-b", 5s, 40'000s}), 0s);
}

TEST(Memory, OfTheMachineGoesForward) {
    const Moment first = read_moment();
    const Moment second = read_moment();

    EXPECT_EQ(first.boot, second.boot);
    EXPECT_LE(first.up, second.up);
    EXPECT_GT(first.wall, 0ms);
}

TEST(Life, DoesNotStartWhatEndedTooOftenBefore) {
    sys::FakeClock clock;
    clock.advance(1h);
    Life life({.crash_limit = 3, .crash_window = 60s});
    for (const auto age : {70s, 50s, 30s, 10s})
        life.remember_crash(clock.now() - age);
    EXPECT_EQ(life.recent_crashes(clock.now()), 3);

    EXPECT_EQ(life.want_start(clock.now()), Action::none);
    EXPECT_EQ(life.state(), State::fatal);

    life.forget_crashes();
    EXPECT_EQ(life.want_start(clock.now()), Action::spawn);
}

TEST(Life, StartsAgainWhenTheWindowIsOver) {
    sys::FakeClock clock;
    clock.advance(1h);
    Life life({.crash_limit = 2, .crash_window = 60s});
    life.remember_crash(clock.now() - 61s);
    life.remember_crash(clock.now() - 10s);

    EXPECT_EQ(life.want_start(clock.now()), Action::spawn);
}

}  // namespace
}  // namespace poststack::supervise
