// An incremental reader of HTTP/1.1 messages (RFC 9112), for both directions.
//
// It does no input: bytes go in as they come, events come out, and body bytes are views into what
// was put in. It never throws but for lack of memory, and what it keeps is bounded by Limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"

namespace poststack::http {

enum class Kind { request, response };

enum class Event {
    more,    ///< the input is used up; the message goes on
    head,    ///< head() is complete
    body,    ///< body() holds the next part
    end,     ///< the message is complete; what is left of the input comes after it
    failed,  ///< problem() says why; nothing more can be read
};

struct Limits {
    std::size_t head = 64U << 10;  ///< bytes of the start line and all fields, trailers included
    std::size_t fields = 200;      ///< header fields
};

/// Reads one message after the other.
class Parser {
  public:
    explicit Parser(Kind kind, Limits limits = {}) noexcept : kind_(kind), limits_(limits) {}

    /// Goes on reading; takes what it used away from the front of `input`. After `end` the next
    /// call begins a new message.
    [[nodiscard]] Event next(std::string_view& input);

    /// The other side closed: `end` for a body that lasts until then and between two messages
    /// (is_idle() before), else `failed`.
    [[nodiscard]] Event finish();

    /// The response to be read answers HEAD: it has no body, whatever its fields say.
    void expect_no_body() noexcept { no_body_ = true; }

    /// Of the message that is read: complete from Event::head until the next message begins.
    [[nodiscard]] const Head& head() const noexcept { return head_; }

    /// Valid for as long as the input of that call.
    [[nodiscard]] std::string_view body() const noexcept { return body_; }

    /// Lower case, no period. "the chunk size is not a number".
    [[nodiscard]] std::string_view problem() const noexcept { return problem_; }

    /// True before the first byte of a message.
    [[nodiscard]] bool is_idle() const noexcept {
        return state_ == State::start_line && (line_complete_ || line_.empty());
    }

    /// True when the connection can carry another message after this one.
    [[nodiscard]] bool keeps_alive() const noexcept;

  private:
    enum class State {
        start_line,
        fields,
        fixed_body,
        until_close,
        chunk_size,
        chunk_data,
        chunk_end,
        trailers,
        done,
        failed,
    };

    Event fail(const char* problem) noexcept;
    bool take_line(std::string_view& input);
    Event take_body(std::string_view& input, State after);
    Event read_line();
    Event read_start_line();
    Event read_request_line();
    Event read_status_line();
    Event read_field();
    Event read_chunk_size();
    Event choose_body();
    bool read_length();
    Event end_message() noexcept;

    Kind kind_;
    Limits limits_;
    State state_ = State::start_line;
    Head head_;
    std::string line_;  // of the line that is read, so far
    bool line_complete_ = false;
    std::size_t head_bytes_ = 0;
    std::uint64_t left_ = 0;  // of a body or chunk
    std::string_view body_;
    const char* problem_ = "";
    bool no_body_ = false;
    bool has_length_ = false;
    bool was_until_close_ = false;
};

}  // namespace poststack::http
