#include "supervise/stream.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace poststack::supervise {
namespace {

constexpr std::size_t a_turn = 1U << 20;     ///< bytes before others have theirs
constexpr std::size_t at_death = 16U << 20;  ///< more than any pipe holds

}  // namespace

sys::UniqueFd Streams::open(const std::shared_ptr<ProgramLog>& log) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) return {};
    sys::UniqueFd read_end(ends[0]);
    sys::UniqueFd write_end(ends[1]);
    ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
    // A burst goes through in fewer turns. Refused where the user's pipes are many already.
    ::fcntl(read_end.get(), F_SETPIPE_SZ, 256 << 10);
    streams_.push_back({std::move(read_end), log});
    watch(std::prev(streams_.end()));
    return write_end;
}

void Streams::watch(Place stream) {
    poller_.watch(
        stream->fd.get(), EPOLLIN, [this, stream](std::uint32_t) { read(stream, a_turn); });
}

bool Streams::read(Place stream, std::size_t limit) {
    for (std::size_t total = 0; total < limit;) {
        if (stream->log->is_full() && limit == a_turn) {
            // Forgotten, not masked: a closed pipe would wake us again and again.
            stream->paused = true;
            poller_.forget(stream->fd.get());
            return true;
        }
        const ssize_t count = ::read(stream->fd.get(), buffer_.data(), buffer_.size());
        if (count > 0) {
            stream->log->take({buffer_.data(), static_cast<std::size_t>(count)});
            total += static_cast<std::size_t>(count);
        } else if (count < 0 && errno == EINTR) {
            continue;
        } else if (count < 0 && errno == EAGAIN) {
            return true;
        } else {
            close(stream);
            return false;
        }
    }
    return true;
}

void Streams::close(Place stream) {
    poller_.forget(stream->fd.get());
    stream->log->finish();
    streams_.erase(stream);
}

void Streams::drain(const ProgramLog* log) {
    for (auto stream = streams_.begin(); stream != streams_.end();) {
        const auto next = std::next(stream);
        if (stream->log.get() == log && read(stream, at_death)) {
            // A child of the program lives on with the pipe: the line so far is the dead one's.
            stream->log->finish();
        }
        stream = next;
    }
}

void Streams::resume() {
    for (auto stream = streams_.begin(); stream != streams_.end();) {
        const auto next = std::next(stream);
        if (stream->paused && !stream->log->is_full()) {
            stream->paused = false;
            watch(stream);
        }
        stream = next;
    }
}

}  // namespace poststack::supervise
