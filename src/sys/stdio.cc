#include "sys/stdio.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace poststack::sys {

void reserve_standard_fds() noexcept {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
        // Not close-on-exec: a child must find its standard descriptors open too. The lowest free
        // number is `fd`, because the ones below are open. Outputs get the mode that refuses them.
        [[maybe_unused]] const int opened =
            ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

int write_standard(int fd, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

}  // namespace poststack::sys
