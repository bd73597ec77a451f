#include "sys/fd.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>

#include "sys/errno_error.h"

namespace poststack::sys {

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) throw_errno("make", "pipe");
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void write_all(int fd, std::string_view bytes, std::string_view what) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(fd, bytes.data(), bytes.size());
        if (count >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno == EAGAIN) {
            pollfd waiting{fd, POLLOUT, 0};
            [[maybe_unused]] const int ready = ::poll(&waiting, 1, -1);
        } else if (errno != EINTR) {
            throw_errno("write", what);
        }
    }
}

}  // namespace poststack::sys
