#include "supervise/gate.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "pgfiles/postmaster_pid.h"

namespace poststack::supervise {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds shortest{10};
constexpr milliseconds longest{500};
constexpr milliseconds check_timeout{2000};

/// What a server writes when it restarts itself after a backend was killed.
constexpr std::array<std::string_view, 3> crash_words{
    "all server processes terminated; reinitializing",
    "terminating any other active server processes",
    "terminating connection because of crash of another server process"};

}  // namespace

// NOLINTNEXTLINE(readability-function-size): what it holds, one for one
Gate::Gate(sys::Poller& poller,
           Check check,
           CheckFrame frame,
           pid_t pid,
           sys::UniqueFd notify,
           Changed changed)
    : poller_(poller),
      check_(std::move(check)),
      frame_(std::move(frame)),
      pid_(pid),
      notify_(std::move(notify)),
      changed_(std::move(changed)) {
    if (notify_) poller_.watch(notify_.get(), EPOLLIN, [this](std::uint32_t) { take_notice(); });
    if (check_.kind == Check::Kind::postgres) watch_directory();
    const bool asks = check_.kind != Check::Kind::notify && check_.kind != Check::Kind::none;
    if (asks && !directory_) next_ = std::chrono::steady_clock::now();
}

Gate::~Gate() {
    if (notify_) poller_.forget(notify_.get());
    if (directory_) poller_.forget(directory_.get());
}

void Gate::watch_directory() {
    directory_ = sys::UniqueFd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    // Without inotify (its instances are counted), or before initdb has made the directory, we look
    // again and again instead.
    if (!directory_ || ::inotify_add_watch(directory_.get(),
                                           frame_.pgdata.c_str(),
                                           IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
        directory_ = sys::UniqueFd();
        return;
    }
    poller_.watch(directory_.get(), EPOLLIN, [this](std::uint32_t) {
        alignas(inotify_event) std::array<char, 4096> events{};
        while (::read(directory_.get(), events.data(), events.size()) > 0) {
        }
        look_at_pid_file();
    });
    look_at_pid_file();
}

void Gate::look_at_pid_file() {
    if (crashed_) return;
    std::optional<pgfiles::PostmasterPid> file;
    try {
        file = pgfiles::find_postmaster_pid(frame_.pgdata);
    } catch (const Error& error) {
        set(false, error.what());
        return;
    }
    const bool is_ours = file && file->pid == pid_;
    const bool is_ready = is_ours && (file->is_ready() || file->status == "standby");
    set(is_ready, is_ours ? file->status : "no postmaster.pid of this server");
}

void Gate::take_notice() {
    std::array<char, 4096> text{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
    iovec part{text.data(), text.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(notify_.get(), &message, MSG_DONTWAIT);
    if (count <= 0) return;
    ucred sender{};
    if (const cmsghdr* header = CMSG_FIRSTHDR(&message);
        header != nullptr && header->cmsg_type == SCM_CREDENTIALS) {
        std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
    }
    // A helper of the program may speak for it (systemd's NotifyAccess=all), but not for
    // PostgreSQL, whose set-up server is a child of the program too.
    if (check_.kind == Check::Kind::postgres && sender.pid != pid_) return;
    const std::string_view said(text.data(), static_cast<std::size_t>(count));
    for (const std::string_view line : split(said, '\n')) {
        if (line == "READY=1" && !crashed_) set(true, "it said so (READY=1)");
        if (line == "STOPPING=1" || line == "RELOADING=1")
            set(false, "it is stopping or reloading");
    }
}

std::optional<Gate::Time> Gate::deadline() const noexcept {
    if (run_ && !run_->is_over()) return run_->deadline();
    return next_;
}

void Gate::tick(Time now) {
    if (run_ && !run_->is_over()) {
        if (now >= run_->deadline()) run_->expire();
        return;
    }
    if (!next_ || now < *next_) return;
    next_.reset();
    ask(now);
}

void Gate::ask(Time now) {
    if (check_.kind == Check::Kind::postgres && !crashed_) {
        look_at_pid_file();
        if (!directory_) watch_directory();
        if (!directory_) next_ = now + (open_ ? longest : pause_);
        return;
    }
    pause_ = std::min(pause_ * 3 / 2, longest);
    run_.reset();
    // The answer may come before start_check() has returned.
    auto run =
        start_check(poller_, check_, frame_, check_timeout, [this](const CheckAnswer& answer) {
            take_answer(answer);
        });
    run_ = std::move(run);
}

void Gate::take_answer(const CheckAnswer& answer) {
    if (!answer.good) {
        next_ = std::chrono::steady_clock::now() + pause_;
        set(false, answer.text);
        return;
    }
    crashed_ = false;
    next_.reset();
    set(true, answer.text);
    if (check_.kind == Check::Kind::postgres && !directory_) {
        next_ = std::chrono::steady_clock::now() + longest;
    }
}

void Gate::take_line(std::string_view line) {
    if (check_.kind != Check::Kind::postgres || crashed_ || !open_) return;
    const bool crash = std::ranges::any_of(
        crash_words, [&](std::string_view words) { return line.find(words) != line.npos; });
    if (!crash) return;
    crashed_ = true;
    pause_ = shortest;
    // Not at once: the server still answers sessions of the old life for a moment.
    next_ = std::chrono::steady_clock::now() + milliseconds(50);
    set(false, "the server restarts after a crash");
}

CheckRun* Gate::find_run(pid_t pid) noexcept {
    return run_ && run_->pid() == pid ? run_.get() : nullptr;
}

void Gate::set(bool open, const std::string& why) {
    if (std::exchange(open_, open) != open) changed_(open, why);
}

sys::UniqueFd open_notify_socket(std::string& address) {
    sys::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int on = 1;
    sockaddr_un any{};
    any.sun_family = AF_UNIX;
    // An address of the family alone: the kernel picks an abstract name (unix(7), autobind).
    if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0 ||
        ::bind(socket.get(), reinterpret_cast<sockaddr*>(&any), sizeof(sa_family_t)) < 0) {
        return {};
    }
    socklen_t size = sizeof any;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&any), &size);
    const std::size_t length = size - sizeof(sa_family_t);
    if (length < 2) return {};
    address = "@" + std::string(any.sun_path + 1, length - 1);
    return socket;
}

}  // namespace poststack::supervise
