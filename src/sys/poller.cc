#include "sys/poller.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "sys/errno_error.h"

namespace poststack::sys {
namespace {

constexpr int batch = 32;

/// A descriptor's number can be another file's by the time its event is looked at: the generation
/// tells them apart.
std::uint64_t key_of(int fd, std::uint32_t generation) noexcept {
    return (std::uint64_t{generation} << 32U) | static_cast<std::uint32_t>(fd);
}

}  // namespace

Poller::Poller()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
    if (!epoll_) throw_errno("make", "event queue");
    if (!timer_) throw_errno("make", "timer");
    watch(timer_.get(), EPOLLIN, [this](std::uint32_t) {
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t got = ::read(timer_.get(), &count, sizeof count);
        armed_.reset();
    });
}

void Poller::watch(int fd, std::uint32_t events, Handler handler) {
    const auto index = static_cast<std::size_t>(fd);
    if (watches_.size() <= index) watches_.resize(index + 1);
    epoll_event event{};
    event.events = events;
    event.data.u64 = key_of(fd, ++generation_);
    auto watch = std::make_shared<Watch>(Watch{std::move(handler), generation_});
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) < 0)
        throw_errno("watch", "descriptor");
    watches_[index] = std::move(watch);
}

void Poller::change(int fd, std::uint32_t events) noexcept {
    const auto index = static_cast<std::size_t>(fd);
    if (fd < 0 || index >= watches_.size() || !watches_[index]) return;
    epoll_event event{};
    event.events = events;
    event.data.u64 = key_of(fd, watches_[index]->generation);
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void Poller::forget(int fd) noexcept {
    const auto index = static_cast<std::size_t>(fd);
    if (fd < 0 || index >= watches_.size() || !watches_[index]) return;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    watches_[index].reset();
}

void Poller::watch_signals(std::initializer_list<int> signals,
                           std::function<void(const signalfd_siginfo&)> handler) {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : signals)
        ::sigaddset(&set, number);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) < 0) throw_errno("block", "signals");
    signals_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) throw_errno("watch", "signals");
    on_signal_ = std::move(handler);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = key_of(signals_.get(), 0);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, signals_.get(), &event) < 0) {
        throw_errno("watch", "signals");
    }
}

void Poller::set_timer(std::optional<Time> deadline) noexcept {
    if (deadline == armed_) return;
    itimerspec when{};
    if (deadline) {
        // Zero would switch the timer off.
        const auto since = std::max<std::int64_t>(
            1,
            std::chrono::duration_cast<std::chrono::nanoseconds>(deadline->time_since_epoch())
                .count());
        when.it_value.tv_sec = since / 1'000'000'000;
        when.it_value.tv_nsec = since % 1'000'000'000;
    }
    // A valid timer and a valid time: it cannot fail.
    static_cast<void>(::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr));
    armed_ = deadline;
}

void Poller::take_signals() {
    std::array<signalfd_siginfo, 8> came{};
    for (;;) {
        const ssize_t bytes = ::read(signals_.get(), came.data(), sizeof came);
        if (bytes <= 0) return;
        const std::size_t count = static_cast<std::size_t>(bytes) / sizeof came.front();
        for (std::size_t index = 0; index < count; ++index)
            on_signal_(came.at(index));
    }
}

void Poller::dispatch(std::uint64_t key, std::uint32_t events) {
    const auto index = static_cast<std::size_t>(key & 0xffffffffU);
    if (index >= watches_.size() || !watches_[index]) return;
    const std::shared_ptr<Watch> watch = watches_[index];
    if (watch->generation == static_cast<std::uint32_t>(key >> 32U)) watch->handler(events);
}

void Poller::wait(std::optional<Time> deadline) {
    set_timer(deadline);
    std::array<epoll_event, batch> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), batch, -1);
    if (count < 0 && errno != EINTR) throw_errno("wait for", "events");
    const std::uint64_t signal_key = key_of(signals_.get(), 0);
    for (int index = 0; index < count; ++index) {
        if (signals_ && events.at(static_cast<std::size_t>(index)).data.u64 == signal_key) {
            take_signals();
        }
    }
    for (int index = 0; index < count; ++index) {
        const epoll_event& event = events.at(static_cast<std::size_t>(index));
        if (!signals_ || event.data.u64 != signal_key) dispatch(event.data.u64, event.events);
    }
}

}  // namespace poststack::sys
