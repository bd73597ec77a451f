#include "supervise/outlet.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace poststack::supervise {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds patience{1000};

/// A write of this many bytes never blocks where poll(2) says that a pipe has room.
constexpr std::size_t pipe_page = 4096;

}  // namespace

Outlet::Outlet(sys::Poller& poller, int fd) : poller_(poller), fd_(fd) {
    struct stat info{};
    if (::fstat(fd, &info) < 0) {
        broken_ = true;
        return;
    }
    if (S_ISREG(info.st_mode)) return;
    if (S_ISSOCK(info.st_mode)) {
        way_ = Way::socket;
        return;
    }
    // A description of our own, whose O_NONBLOCK nobody else sees. Refused when the pipe belongs
    // to root and we do not.
    const std::string path = fmt::format("/proc/self/fd/{}", fd);
    own_ = sys::UniqueFd(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    way_ = own_ ? Way::nonblocking : Way::small;
    if (own_) fd_ = own_.get();
}

Outlet::~Outlet() {
    if (waiting_) poller_.forget(fd_);
}

void Outlet::write_line(std::string_view prefix, std::string_view line) {
    if (broken_ || (stuck_ && pending() >= low_mark)) {
        ++dropped_;
        ++dropped_total_;
        return;
    }
    if (dropped_ > 0) {
        buffer_ += fmt::format("poststack-init | {} lines were dropped: nobody read the output\n",
                               dropped_);
        dropped_ = 0;
    }
    buffer_ += prefix;
    buffer_ += line;
    buffer_ += '\n';
    if (pending() >= low_mark) flush();
}

long Outlet::write_some() {
    const char* bytes = buffer_.data() + head_;
    const std::size_t count = pending();
    switch (way_) {
        case Way::socket: return ::send(fd_, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
        case Way::small: {
            pollfd room{fd_, POLLOUT, 0};
            if (::poll(&room, 1, 0) <= 0 || (room.revents & (POLLOUT | POLLERR)) == 0) {
                errno = EAGAIN;
                return -1;
            }
            return ::write(fd_, bytes, std::min(count, pipe_page));
        }
        default: return ::write(fd_, bytes, count);
    }
}

void Outlet::flush() {
    while (pending() > 0 && !broken_) {
        const long count = write_some();
        if (count > 0) {
            head_ += static_cast<std::size_t>(count);
            note_progress();
        } else if (errno == EAGAIN) {
            if (!waiting_) patience_ = steady_clock::now() + patience;
            set_waiting(true);
            if (head_ > low_mark) buffer_.erase(0, std::exchange(head_, 0));
            return;
        } else if (errno != EINTR) {
            broken_ = errno == EPIPE || errno == EBADF;
            // A full disk: what cannot be written is lost, and counted.
            const auto lines = std::count(
                buffer_.begin() + static_cast<std::ptrdiff_t>(head_), buffer_.end(), '\n');
            dropped_ += static_cast<std::uint64_t>(lines);
            dropped_total_ += static_cast<std::uint64_t>(lines);
            break;
        }
    }
    buffer_.clear();
    head_ = 0;
    if (buffer_.capacity() > low_mark) buffer_.shrink_to_fit();
    set_waiting(false);
}

void Outlet::note_progress() {
    stuck_ = false;
    if (waiting_) patience_ = steady_clock::now() + patience;
}

void Outlet::set_waiting(bool waiting) {
    if (waiting == waiting_) return;
    waiting_ = waiting;
    if (!waiting) {
        poller_.forget(fd_);
        patience_.reset();
        if (on_space_) on_space_();
        return;
    }
    poller_.watch(fd_, EPOLLOUT, [this](std::uint32_t) {
        flush();
        if (waiting_ && pending() < low_mark && on_space_) on_space_();
    });
}

void Outlet::tick(Time now) {
    if (!patience_ || now < *patience_) return;
    // Still nobody reads: the programs go on, and lines are lost.
    stuck_ = true;
    patience_.reset();
    if (on_space_) on_space_();
}

void Outlet::drain(std::chrono::milliseconds limit) {
    const auto deadline = steady_clock::now() + limit;
    for (flush(); pending() > 0 && !broken_; flush()) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
        if (left.count() <= 0) return;
        pollfd room{fd_, POLLOUT, 0};
        ::poll(&room, 1, static_cast<int>(left.count()));
    }
}

}  // namespace poststack::supervise
