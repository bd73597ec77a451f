// One HTTP/1.1 request over a unix socket, and its answer as a stream.
//
// A connection serves one request: connecting to a unix socket costs some 50 microseconds, and a
// connection that was kept may have been closed meanwhile (podman's service ends when idle). Every
// wait ends when the command is interrupted (sys/signal.h).
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/parser.h"
#include "sys/fd.h"

namespace poststack::http {

/// Longest silence that is waited for where a request may take any time.
inline constexpr std::chrono::milliseconds no_limit = std::chrono::hours(24 * 365);

/// Fills `buffer` with at most `size` bytes and returns how many; 0 is the end.
using BodySource = std::function<std::size_t(char* buffer, std::size_t size)>;

struct Request {
    std::string method = "GET";
    std::string target;
    std::vector<Header> headers = {};  ///< without Host and what describes the body
    std::string body = {};
    BodySource source = {};  ///< instead of `body`: sent in chunks as it comes
    bool upgrade = false;    ///< ask for the connection itself (attach, exec)
    std::chrono::milliseconds silence_limit{60'000};  ///< between two bytes of the other side
};

/// An answer: the head is there, the body comes piece by piece. Closing it (its end of life) tells
/// the other side that nobody listens any more.
class Answer {
  public:
    [[nodiscard]] const Head& head() const noexcept { return parser_.head(); }

    [[nodiscard]] int status() const noexcept { return head().status; }

    /// Waits for the next part of the body; nothing at its end. The view is valid until the next
    /// call. Errors: timeout, io (ended early or broken), interrupted.
    [[nodiscard]] std::optional<std::string_view> read();

    /// As read(), but nothing as well when no byte comes within `limit`; ended() tells the two
    /// apart.
    [[nodiscard]] std::optional<std::string_view> read_within(std::chrono::milliseconds limit);

    [[nodiscard]] bool ended() const noexcept { return ended_; }

    /// The rest of the body. Errors: io when it is longer than `limit`, and as read().
    [[nodiscard]] std::string read_all(std::size_t limit = 64U << 20);

    /// Sends raw bytes after the request: for a connection that was asked for by `upgrade`.
    /// Errors: io, interrupted.
    void write(std::string_view bytes);

    /// Tells the other side that no more raw bytes come.
    void close_write() noexcept;

    /// For poll(2) beside other descriptors; input() may hold bytes already.
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  private:
    friend Answer send(const std::filesystem::path& socket, const Request& request);
    Answer(sys::UniqueFd fd, std::chrono::milliseconds silence_limit);

    enum class Got { bytes, nothing, closed };

    void send_request(const Request& request);
    bool send_part(std::string_view bytes);
    bool take_early_answer();
    void send_body(const Request& request);
    void await_head();
    Got receive();
    bool wait_and_receive(std::chrono::milliseconds limit);
    [[nodiscard]] std::optional<std::string_view> next_part(std::chrono::milliseconds limit);

    sys::UniqueFd fd_;
    std::chrono::milliseconds silence_limit_;
    Parser parser_{Kind::response};
    std::string buffer_;
    std::string_view input_;  // unread part of buffer_
    bool has_head_ = false;
    bool raw_ = false;
    bool ended_ = false;
    bool closed_ = false;  // by the other side
};

/// Sends `request` and waits for the head of the answer; interim answers are passed over. When the
/// answer comes before the body is sent and refuses (400 and above), the rest is not sent.
///
/// Errors: not_found (no socket), denied (no permission on it), timeout (nobody listens, or no
/// answer in time), io, interrupted.
[[nodiscard]] Answer send(const std::filesystem::path& socket, const Request& request);

}  // namespace poststack::http
