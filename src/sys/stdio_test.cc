#include "sys/stdio.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/in_child.h"
#include "sys/fd.h"

namespace poststack::sys {
namespace {

TEST(StandardFds, AreReservedWhereOurParentClosedThem) {
    EXPECT_EQ(test::in_child([] {
                  ::close(0);
                  ::close(1);
                  ::close(2);
                  reserve_standard_fds();
                  const int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
                  if (next <= 2) return 1;
                  // Closed for its purpose: a report must not vanish as if it had been written.
                  return write_standard(1, "x") == EBADF && write_standard(2, "x") == EBADF ? 0 : 2;
              }),
              0);
}

TEST(StandardFds, StayAsTheyAreWhenOpen) {
    EXPECT_EQ(test::in_child([] {
                  const Pipe pipe = make_pipe();
                  ::dup2(pipe.write_end.get(), 1);
                  reserve_standard_fds();
                  if (write_standard(1, "text") != 0) return 1;
                  char text[5] = {};
                  return ::read(pipe.read_end.get(), text, 4) == 4 && text[0] == 't' ? 0 : 2;
              }),
              0);
}

TEST(WriteStandard, ReturnsTheReason) {
    EXPECT_EQ(test::in_child([] {
                  std::signal(SIGPIPE, SIG_IGN);
                  Pipe pipe = make_pipe();
                  ::dup2(pipe.write_end.get(), 1);
                  pipe.write_end = UniqueFd();
                  pipe.read_end = UniqueFd();
                  if (write_standard(1, "x") != EPIPE) return 1;
                  ::dup2(::open("/dev/full", O_WRONLY | O_CLOEXEC), 1);
                  return write_standard(1, "x") == ENOSPC ? 0 : 2;
              }),
              0);
}

}  // namespace
}  // namespace poststack::sys
