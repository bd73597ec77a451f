#include "http/client.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/errno_error.h"
#include "sys/net.h"
#include "sys/signal.h"

namespace poststack::http {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::size_t buffer_size = 64U << 10;

[[noreturn]] void throw_connect(const fs::path& socket, int code) {
    const std::string message =
        fmt::format("cannot connect to \"{}\": {}", socket.native(), sys::errno_text(code));
    if (code == ENOENT || code == ENOTDIR) throw Error(ErrorKind::not_found, message);
    if (code == EACCES || code == EPERM) throw Error(ErrorKind::denied, message);
    if (code == ECONNREFUSED || code == EAGAIN) {
        throw Error(ErrorKind::timeout, message).retryable();
    }
    throw Error(ErrorKind::io, message);
}

sys::UniqueFd connect_to(const fs::path& socket) {
    const std::string& name = socket.native();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() > sys::max_socket_path) {
        throw Error(
            ErrorKind::config,
            fmt::format(
                "the socket path \"{}\" is longer than {} bytes", name, sys::max_socket_path));
    }
    std::memcpy(address.sun_path, name.data(), name.size());
    sys::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) throw_connect(socket, errno);
    // A unix socket connects at once or not at all; only what comes after may have to wait.
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
        throw_connect(socket, errno);
    }
    if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) < 0) throw_connect(socket, errno);
    return fd;
}

std::string head_text(const Request& request) {
    Head head;
    head.method = request.method;
    head.target = request.target;
    head.headers = request.headers;
    head.set("Host", "localhost");
    if (request.upgrade) {
        head.set("Connection", "Upgrade");
        head.set("Upgrade", "tcp");
    } else {
        head.set("Connection", "close");
    }
    if (request.source) {
        head.set("Transfer-Encoding", "chunked");
    } else if (!request.body.empty() || request.method == "POST") {
        head.set("Content-Length", std::to_string(request.body.size()));
    }
    std::string text = request_text(head);
    if (text.empty()) {
        throw Error(ErrorKind::bug, fmt::format("the request \"{}\" is malformed", request.target));
    }
    return text;
}

[[noreturn]] void throw_broken(std::string_view problem) {
    throw Error(ErrorKind::io, fmt::format("cannot read the answer: {}", problem)).retryable();
}

}  // namespace

Answer::Answer(sys::UniqueFd fd, milliseconds silence_limit)
    : fd_(std::move(fd)), silence_limit_(silence_limit) {}

/// Appends what has come to the unread input.
Answer::Got Answer::receive() {
    std::array<char, buffer_size> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    const ssize_t got = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Got::nothing;
    if (got < 0 && errno != ECONNRESET) sys::throw_errno("read from", "the engine's socket");
    if (got <= 0) {
        closed_ = true;
        return Got::closed;
    }
    std::string rest(input_);
    buffer_ = std::move(rest);
    buffer_.append(bytes.data(), static_cast<std::size_t>(got));
    input_ = buffer_;
    return Got::bytes;
}

bool Answer::wait_and_receive(milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + std::min(limit, no_limit);
    for (;;) {
        const Got got = receive();
        if (got != Got::nothing) return true;
        const auto left =
            std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left <= milliseconds(0)) return false;
        if (sys::wait_readable(fd_.get(), left) == sys::WaitResult::timeout) return false;
    }
}

/// While the body is sent: true when there is an answer that refuses it.
bool Answer::take_early_answer() {
    if (has_head_ || receive() == Got::nothing) return false;
    if (closed_) return true;
    const Event event = parser_.next(input_);
    if (event == Event::failed) return true;  // await_head() says why
    if (event == Event::head) has_head_ = true;
    return has_head_ && status() >= 400;
}

/// Sends; false when the other side has refused meanwhile or closed.
bool Answer::send_part(std::string_view bytes) {
    while (!bytes.empty()) {
        sys::check_interrupted();
        const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (errno == EPIPE || errno == ECONNRESET) return false;
        if (errno != EAGAIN && errno != EINTR) sys::throw_errno("write to", "the engine's socket");
        if (take_early_answer()) return false;
        const auto waited = has_head_ ? sys::wait_writable(fd_.get(), silence_limit_)
                                      : sys::wait_either(fd_.get(), silence_limit_);
        if (waited == sys::WaitResult::timeout) {
            throw Error(
                ErrorKind::timeout,
                fmt::format("nothing was read from us for {}", human_duration(silence_limit_)))
                .retryable();
        }
    }
    return true;
}

void Answer::send_body(const Request& request) {
    if (!request.source) {
        (void)send_part(request.body);
        return;
    }
    std::string part(buffer_size, '\0');
    for (;;) {
        const std::size_t count = request.source(part.data(), part.size());
        if (count == 0) break;
        if (!send_part(chunk_text(std::string_view(part).substr(0, count)))) return;
    }
    (void)send_part(last_chunk);
}

void Answer::await_head() {
    for (;;) {
        Event event = has_head_ ? Event::head : parser_.next(input_);
        if (event == Event::failed) throw_broken(parser_.problem());
        if (event == Event::head) {
            const bool interim = status() < 200 && status() != 101;
            has_head_ = false;
            if (!interim) break;
            (void)parser_.next(input_);  // its end
            continue;
        }
        if (closed_) throw_broken("the connection was closed before it came");
        if (!wait_and_receive(silence_limit_)) {
            throw Error(ErrorKind::timeout,
                        fmt::format("no answer came within {}", human_duration(silence_limit_)))
                .retryable();
        }
    }
    has_head_ = true;
    if (status() == 101) {
        (void)parser_.next(input_);  // its end: what follows belongs to no message
        raw_ = true;
    }
}

std::optional<std::string_view> Answer::next_part(milliseconds limit) {
    while (!ended_) {
        if (raw_) {
            if (!input_.empty()) return std::exchange(input_, {});
            ended_ = closed_;
        } else {
            const Event event = parser_.next(input_);
            if (event == Event::body) return parser_.body();
            if (event == Event::failed) throw_broken(parser_.problem());
            ended_ = event == Event::end;
            if (!ended_ && closed_) {
                if (parser_.finish() == Event::failed) throw_broken(parser_.problem());
                ended_ = true;
            }
        }
        if (!ended_ && !wait_and_receive(limit)) return std::nullopt;
    }
    return std::nullopt;
}

std::optional<std::string_view> Answer::read() {
    auto part = next_part(silence_limit_);
    if (!part && !ended_) {
        throw Error(ErrorKind::timeout,
                    fmt::format("the answer stopped for {}", human_duration(silence_limit_)))
            .retryable();
    }
    return part;
}

std::optional<std::string_view> Answer::read_within(milliseconds limit) {
    return next_part(limit);
}

std::string Answer::read_all(std::size_t limit) {
    std::string text;
    while (const auto part = read()) {
        if (text.size() + part->size() > limit) {
            throw Error(ErrorKind::io,
                        fmt::format("the answer is longer than {}", human_bytes(limit)));
        }
        text += *part;
    }
    return text;
}

void Answer::write(std::string_view bytes) {
    if (!send_part(bytes)) throw_broken("the connection was closed");
}

void Answer::close_write() noexcept {
    (void)::shutdown(fd_.get(), SHUT_WR);
}

Answer send(const fs::path& socket, const Request& request) {
    const std::string head = head_text(request);
    Answer answer(connect_to(socket), request.silence_limit);
    if (request.method == "HEAD") answer.parser_.expect_no_body();
    if (answer.send_part(head)) answer.send_body(request);
    answer.await_head();
    return answer;
}

}  // namespace poststack::http
