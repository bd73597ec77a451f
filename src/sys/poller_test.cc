#include "sys/poller.h"

#include <csignal>
#include <sys/epoll.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/in_child.h"

namespace poststack::sys {
namespace {

using namespace std::chrono_literals;

TEST(Poller, CallsTheHandlerOfAReadableDescriptor) {
    Poller poller;
    const Pipe pipe = make_pipe();
    int calls = 0;
    poller.watch(pipe.read_end.get(), EPOLLIN, [&](std::uint32_t) { ++calls; });
    write_all(pipe.write_end.get(), "x", "pipe");

    poller.wait(std::nullopt);
    EXPECT_EQ(calls, 1);

    poller.forget(pipe.read_end.get());
    poller.wait(std::chrono::steady_clock::now() + 1ms);
    EXPECT_EQ(calls, 1);
}

TEST(Poller, MayForgetAndReplaceWithinAHandler) {
    Poller poller;
    const Pipe pipe = make_pipe();
    Pipe other = make_pipe();
    int calls = 0;
    poller.watch(pipe.read_end.get(), EPOLLIN, [&](std::uint32_t) {
        const int fd = other.read_end.get();
        poller.forget(fd);
        poller.forget(pipe.read_end.get());
        ++calls;
    });
    poller.watch(other.read_end.get(), EPOLLIN, [&](std::uint32_t) {
        poller.forget(pipe.read_end.get());
        poller.forget(other.read_end.get());
        ++calls;
    });
    write_all(pipe.write_end.get(), "x", "pipe");
    write_all(other.write_end.get(), "x", "pipe");

    poller.wait(std::nullopt);

    EXPECT_EQ(calls, 1);
}

TEST(Poller, ReturnsAtTheDeadline) {
    Poller poller;
    const auto deadline = std::chrono::steady_clock::now() + 5ms;

    poller.wait(deadline);
    EXPECT_GE(std::chrono::steady_clock::now(), deadline);
    poller.wait(std::chrono::steady_clock::now() - 1h);
}

TEST(Poller, HandsSignalsOver) {
    // In a child: the mask is the process's.
    EXPECT_EQ(test::in_child([] {
                  Poller poller;
                  int number = 0;
                  poller.watch_signals({SIGUSR1}, [&](const signalfd_siginfo& info) {
                      number = static_cast<int>(info.ssi_signo);
                  });
                  ::kill(::getpid(), SIGUSR1);
                  poller.wait(std::nullopt);
                  return number == SIGUSR1 ? 0 : 1;
              }),
              0);
}

}  // namespace
}  // namespace poststack::sys
