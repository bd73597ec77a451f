// Owners of file descriptors.
#pragma once

#include <string_view>
#include <unistd.h>
#include <utility>

namespace poststack::sys {

/// Owns one file descriptor. Open every descriptor with O_CLOEXEC before putting it in here.
class UniqueFd {
  public:
    UniqueFd() noexcept = default;

    explicit UniqueFd(int fd) noexcept : fd_(fd) {}

    UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

    UniqueFd& operator=(UniqueFd&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }

    UniqueFd(const UniqueFd&) = delete;
    UniqueFd& operator=(const UniqueFd&) = delete;

    ~UniqueFd() {
        if (fd_ >= 0) ::close(fd_);  // Linux: never retry close on EINTR
    }

    [[nodiscard]] int get() const noexcept { return fd_; }

    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

    [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

struct Pipe {
    UniqueFd read_end;
    UniqueFd write_end;
};

/// Makes a close-on-exec pipe. Errors: io.
[[nodiscard]] Pipe make_pipe();

/// Writes all of `bytes`, resuming after EINTR and short writes. Errors: io, naming `what`.
void write_all(int fd, std::string_view bytes, std::string_view what);

}  // namespace poststack::sys
