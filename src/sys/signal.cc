// A handler can reach nothing but variables of the file, so this is the one place of the program
// that has some. They are atomics; the handler calls async-signal-safe functions alone.
#include "sys/signal.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "sys/errno_error.h"
#include "sys/fd.h"

namespace poststack::sys {
namespace {

std::atomic<int> stop_signal{0};
std::atomic<std::int64_t> stop_time_ms{0};
std::atomic<int> wake_fd{-1};
std::atomic<int> wait_fd{-1};
std::atomic<int> deferred{0};

std::int64_t monotonic_ms() noexcept {
    timespec now{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

extern "C" void note_stop(int number) {
    const int saved = errno;
    int none = 0;
    if (stop_signal.compare_exchange_strong(none, number)) {
        stop_time_ms = monotonic_ms();
        const char byte = 1;
        [[maybe_unused]] const ssize_t sent = ::write(wake_fd, &byte, 1);
    } else if (stop_signal == number && monotonic_ms() - stop_time_ms > 1000) {
        // The user insists. Pending until this handler returns, then it ends us.
        struct sigaction plain{};
        plain.sa_handler = SIG_DFL;
        ::sigaction(number, &plain, nullptr);
        (void)::raise(number);
    }
    errno = saved;
}

std::string_view signal_word(int number) noexcept {
    return number == SIGINT ? "SIGINT" : "SIGTERM";
}

WaitResult wait_for(int fd, short events, std::chrono::milliseconds limit) {
    using Clock = std::chrono::steady_clock;
    // Far enough for "no limit", near enough not to overflow the clock.
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
    const auto deadline = Clock::now() + std::min(limit, longest);
    for (;;) {
        check_interrupted();
        const int stop = deferred > 0 ? -1 : stop_fd();
        std::array<pollfd, 2> waiting{pollfd{fd, events, 0}, pollfd{stop, POLLIN, 0}};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        const int timeout = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX));
        const int count = ::poll(waiting.data(), waiting.size(), timeout);
        if (count < 0 && errno != EINTR) throw_errno("wait for", "descriptor");
        if (count > 0 && (waiting[0].revents & POLLNVAL) != 0) {
            throw Error(ErrorKind::bug, fmt::format("waited for the closed descriptor {}", fd));
        }
        if (count > 0 && waiting[0].revents != 0) return WaitResult::ready;
        if (count == 0 && Clock::now() >= deadline) return WaitResult::timeout;
    }
}

}  // namespace

void install_stop_signals() {
    if (wake_fd >= 0) return;
    Pipe pipe = make_pipe();
    // Never emptied: once a stop was asked for, every later wait sees it too.
    ::fcntl(pipe.write_end.get(), F_SETFL, O_NONBLOCK);
    wait_fd = pipe.read_end.release();
    wake_fd = pipe.write_end.release();
    struct sigaction action{};
    action.sa_handler = note_stop;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &action, nullptr);
}

int stop_requested() noexcept {
    return stop_signal;
}

void check_interrupted() {
    const int number = stop_signal;
    if (number == 0 || deferred > 0) return;
    throw Error(ErrorKind::interrupted, fmt::format("stopped by {}", signal_word(number)))
        .signal(number);
}

int stop_fd() noexcept {
    return wait_fd;
}

DeferStop::DeferStop() noexcept {
    ++deferred;
}

DeferStop::~DeferStop() {
    --deferred;
}

WaitResult wait_readable(int fd, std::chrono::milliseconds limit) {
    return wait_for(fd, POLLIN, limit);
}

WaitResult wait_writable(int fd, std::chrono::milliseconds limit) {
    return wait_for(fd, POLLOUT, limit);
}

WaitResult wait_either(int fd, std::chrono::milliseconds limit) {
    return wait_for(fd, POLLIN | POLLOUT, limit);
}

}  // namespace poststack::sys
