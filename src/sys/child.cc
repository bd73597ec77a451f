#include "sys/child.h"

#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace poststack::sys {
namespace {

void mark_close_on_exec() noexcept {
    if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    constexpr int enough = 4096;  // Linux before 5.11
    for (int fd = 3; fd < enough; ++fd)
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace

bool place_descriptors(const std::array<int, 3>& standard_fds) noexcept {
    // First out of the way of 0, 1 and 2.
    std::array<int, 3> copies{};
    for (std::size_t index = 0; index < copies.size(); ++index) {
        copies[index] = ::fcntl(standard_fds[index], F_DUPFD_CLOEXEC, 3);
        if (copies[index] < 0) return false;
    }
    for (std::size_t index = 0; index < copies.size(); ++index) {
        if (::dup2(copies[index], static_cast<int>(index)) < 0) return false;
    }
    mark_close_on_exec();
    return true;
}

void reset_signals() noexcept {
    struct sigaction plain{};
    plain.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; ++number)
        ::sigaction(number, &plain, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace poststack::sys
