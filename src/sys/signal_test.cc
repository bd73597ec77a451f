#include "sys/signal.h"

#include <csignal>
#include <ctime>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/in_child.h"
#include "sys/clock.h"
#include "sys/fd.h"

namespace poststack::sys {
namespace {

using namespace std::chrono_literals;
using test::in_child;

/// 0 when `call` throws interrupted by `number`.
template <class Call>
int is_interrupted(int number, const Call& call) {
    try {
        call();
        return 1;
    } catch (const Error& error) {
        const bool right = error.kind() == ErrorKind::interrupted && error.signal() == number;
        return right ? 0 : 2;
    }
}

TEST(StopSignals, NothingIsRequestedAtFirst) {
    EXPECT_EQ(stop_requested(), 0);
    EXPECT_NO_THROW(check_interrupted());
}

TEST(StopSignals, AreNotedAndThrownAtTheNextCheck) {
    for (const int number : {SIGINT, SIGTERM}) {
        EXPECT_EQ(in_child([&] {
                      install_stop_signals();
                      ::raise(number);
                      if (stop_requested() != number) return 3;
                      return is_interrupted(number, [] { check_interrupted(); });
                  }),
                  0);
    }
}

TEST(StopSignals, TheMessageNamesTheSignal) {
    EXPECT_EQ(in_child([] {
                  install_stop_signals();
                  ::raise(SIGINT);
                  try {
                      check_interrupted();
                  } catch (const Error& error) {
                      return error.message() == "stopped by SIGINT" && exit_code(error) == 130 ? 0
                                                                                               : 1;
                  }
                  return 2;
              }),
              0);
}

TEST(StopSignals, EndAWaitThatRuns) {
    EXPECT_EQ(in_child([] {
                  install_stop_signals();
                  const Pipe pipe = make_pipe();
                  const pid_t parent = ::getpid();
                  if (::fork() == 0) {
                      const timespec pause{0, 100'000'000};
                      ::nanosleep(&pause, nullptr);
                      ::kill(parent, SIGTERM);
                      ::_exit(0);
                  }
                  return is_interrupted(SIGTERM,
                                        [&] { (void)wait_readable(pipe.read_end.get(), 60s); });
              }),
              0);
}

TEST(StopSignals, EndASleep) {
    EXPECT_EQ(in_child([] {
                  install_stop_signals();
                  ::raise(SIGINT);
                  return is_interrupted(SIGINT, [] { system_clock().sleep(60s); });
              }),
              0);
}

TEST(StopSignals, ASecondOneAtOnceIsTheSameRequest) {
    EXPECT_EQ(in_child([] {
                  install_stop_signals();
                  ::raise(SIGINT);
                  ::raise(SIGINT);  // a terminal sends it to the group, a runner once more
                  return stop_requested() == SIGINT ? 0 : 1;
              }),
              0);
}

TEST(StopSignals, ASecondOneLaterEndsTheProcess) {
    EXPECT_EQ(in_child([] {
                  install_stop_signals();
                  ::raise(SIGINT);
                  timespec pause{1, 100'000'000};
                  while (::nanosleep(&pause, &pause) != 0) {
                  }
                  ::raise(SIGINT);
                  return 1;
              }),
              -SIGINT);
}

TEST(StopSignals, IgnoreABrokenPipe) {
    EXPECT_EQ(in_child([] {
                  install_stop_signals();
                  Pipe pipe = make_pipe();
                  pipe.read_end = UniqueFd();
                  try {
                      write_all(pipe.write_end.get(), "x", "pipe");
                  } catch (const Error& error) {
                      return error.kind() == ErrorKind::io ? 0 : 1;
                  }
                  return 2;
              }),
              0);
}

TEST(DeferStop, HoldsTheStopBackUntilItsEnd) {
    EXPECT_EQ(in_child([] {
                  install_stop_signals();
                  {
                      const DeferStop outer;
                      {
                          const DeferStop inner;
                          ::raise(SIGTERM);
                      }
                      check_interrupted();
                      if (wait_readable(-1, 10ms) != WaitResult::timeout) return 3;
                  }
                  return is_interrupted(SIGTERM, [] { check_interrupted(); });
              }),
              0);
}

TEST(Wait, TellsReadyFromTimeout) {
    const Pipe pipe = make_pipe();

    EXPECT_EQ(wait_readable(pipe.read_end.get(), 0ms), WaitResult::timeout);
    EXPECT_EQ(wait_readable(pipe.read_end.get(), -5ms), WaitResult::timeout);
    EXPECT_EQ(wait_writable(pipe.write_end.get(), 60s), WaitResult::ready);
    EXPECT_EQ(wait_either(pipe.write_end.get(), 60s), WaitResult::ready);
    write_all(pipe.write_end.get(), "x", "pipe");
    EXPECT_EQ(wait_readable(pipe.read_end.get(), std::chrono::milliseconds::max()),
              WaitResult::ready);
    EXPECT_EQ(wait_either(pipe.read_end.get(), 60s), WaitResult::ready);
}

TEST(Wait, TheEndOfAStreamIsReadable) {
    Pipe pipe = make_pipe();
    pipe.write_end = UniqueFd();

    EXPECT_EQ(wait_readable(pipe.read_end.get(), 60s), WaitResult::ready);
}

TEST(Wait, AClosedDescriptorIsABug) {
    int number = -1;
    {
        const Pipe pipe = make_pipe();
        number = pipe.read_end.get();
    }
    try {
        (void)wait_readable(number, 60s);
        FAIL() << "waited for nothing";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::bug);
    }
}

}  // namespace
}  // namespace poststack::sys
