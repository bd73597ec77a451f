#include "supervise/life.h"

#include <vector>

#include <gmock/gmock.h>

#include "supervise/state.h"
#include "sys/clock.h"

namespace poststack::supervise {
namespace {

using ::testing::ElementsAre;
using namespace std::chrono_literals;

constexpr std::array states{State::stopped,
                            State::starting,
                            State::running,
                            State::backoff,
                            State::stopping,
                            State::exited,
                            State::fatal};

TEST(Step, RunsOnlyWhatHasNoProcess) {
    for (const State state : states) {
        for (int event = 0; event <= static_cast<int>(Event::gone); ++event) {
            const Step after = step(state, static_cast<Event>(event));
            if (after.action != Action::spawn) continue;
            // A running program is run again only when it has ended.
            const bool ended = static_cast<Event>(event) == Event::ended_again;
            EXPECT_EQ(has_process(state), ended);
            EXPECT_EQ(after.next, State::starting);
        }
    }
}

TEST(Step, LeavesAloneWhatIsNotListed) {
    for (const State state : {State::stopped, State::exited, State::fatal}) {
        for (const Event event : {Event::stop, Event::stop_late, Event::lived, Event::retry}) {
            EXPECT_EQ(step(state, event).next, state);
            EXPECT_EQ(step(state, event).action, Action::none);
        }
    }
}

TEST(Step, KillsWhenStopIsLate) {
    EXPECT_EQ(step(State::stopping, Event::stop_late).action, Action::send_kill);
    EXPECT_EQ(step(State::stopping, Event::gone).next, State::stopped);
}

/// Runs a program that always dies `life` after its start; the seconds of its starts.
std::vector<double> starts_of(Life& life, sys::FakeClock& clock, std::chrono::milliseconds length) {
    const Time begin = clock.now();
    std::vector<double> starts;
    Action action = life.want_start(clock.now());
    for (int guard = 0; guard < 100 && life.state() != State::fatal; ++guard) {
        if (action == Action::spawn) {
            starts.push_back(std::chrono::duration<double>(clock.now() - begin).count());
            clock.advance(length);
            action = life.ended(Ending::again, clock.now());
            continue;
        }
        if (!life.deadline()) break;
        clock.advance(*life.deadline() - clock.now());
        action = life.tick(clock.now());
    }
    return starts;
}

TEST(Life, StartsAtZeroOneThreeSixThenFatal) {
    sys::FakeClock clock;
    Life life({});

    EXPECT_THAT(starts_of(life, clock, 0ms), ElementsAre(0, 1, 3, 6));
    EXPECT_EQ(life.state(), State::fatal);
}

TEST(Life, NeverCallsRunningWhatDiedBeforeStartsecs) {
    for (int run = 0; run < 1000; ++run) {
        sys::FakeClock clock;
        Life life({});
        life.want_start(clock.now());
        // The loop is late by anything: the end is told first, whatever the clock says.
        clock.advance(std::chrono::milliseconds(run * 7));

        life.ended(Ending::again, clock.now());
        life.tick(clock.now());

        EXPECT_EQ(life.state(), State::backoff) << run;
    }
}

TEST(Life, RunsOnceItLivedLongEnough) {
    sys::FakeClock clock;
    Life life({});
    life.want_start(clock.now());

    clock.advance(999ms);
    life.tick(clock.now());
    EXPECT_EQ(life.state(), State::starting);
    clock.advance(1ms);
    life.tick(clock.now());
    EXPECT_EQ(life.state(), State::running);
}

TEST(Life, ReplacesAtOnceWhatLivedLonger) {
    sys::FakeClock clock;
    Life life({});
    life.want_start(clock.now());
    clock.advance(2s);
    life.tick(clock.now());

    EXPECT_EQ(life.ended(Ending::again, clock.now()), Action::spawn);
    EXPECT_EQ(life.state(), State::starting);
}

TEST(Life, StaysExitedWhereItShould) {
    sys::FakeClock clock;
    Life life({.startsecs = 0ms});
    life.want_start(clock.now());
    life.tick(clock.now());
    EXPECT_EQ(life.state(), State::running);

    life.ended(Ending::stays, clock.now());
    EXPECT_EQ(life.state(), State::exited);
}

TEST(Life, LimitsALoopWithStartsecsZero) {
    sys::FakeClock clock;
    Life life({.startsecs = 0ms});
    std::vector<double> starts;
    const Time begin = clock.now();
    Action action = life.want_start(clock.now());
    for (int guard = 0; guard < 100 && life.state() != State::fatal; ++guard) {
        if (action == Action::spawn) {
            starts.push_back(std::chrono::duration<double>(clock.now() - begin).count());
            life.tick(clock.now());
            EXPECT_EQ(life.state(), State::running);
            action = life.ended(Ending::again, clock.now());
        } else {
            clock.advance(*life.deadline() - clock.now());
            action = life.tick(clock.now());
        }
    }
    EXPECT_THAT(starts, ElementsAre(0, 1, 3, 6));
}

TEST(Life, CountsCrashesOfLongLives) {
    sys::FakeClock clock;
    Life life({.crash_limit = 3, .crash_window = 60s});
    life.want_start(clock.now());
    int ends = 0;
    while (life.state() != State::fatal && ends < 10) {
        clock.advance(5s);
        life.tick(clock.now());
        life.ended(Ending::again, clock.now());
        ++ends;
    }
    EXPECT_EQ(ends, 3);
}

TEST(Life, StopsAndKills) {
    sys::FakeClock clock;
    Life life({});
    life.want_start(clock.now());

    EXPECT_EQ(life.want_stop(clock.now(), 2s), Action::send_stop);
    clock.advance(2s);
    EXPECT_EQ(life.tick(clock.now()), Action::send_kill);
    life.ended(Ending::again, clock.now());
    EXPECT_EQ(life.state(), State::stopped);
}

TEST(Life, GivesUpWaitingWhenToldToStop) {
    sys::FakeClock clock;
    Life life({});
    life.want_start(clock.now());
    life.ended(Ending::failed, clock.now());
    EXPECT_EQ(life.state(), State::backoff);

    life.want_stop(clock.now());
    EXPECT_EQ(life.state(), State::stopped);
    EXPECT_FALSE(life.deadline());
}

}  // namespace
}  // namespace poststack::supervise
