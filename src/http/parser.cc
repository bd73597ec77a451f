#include "http/parser.h"

#include <algorithm>
#include <charconv>

namespace poststack::http {
namespace {

std::string_view trim_blanks(std::string_view text) noexcept {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Digits of `base` that fill `text` and leave room for sums.
bool read_number(std::string_view text, int base, std::uint64_t& number) noexcept {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return !text.empty() && result.ec == std::errc() && result.ptr == text.data() + text.size() &&
           number <= (std::uint64_t{1} << 62);
}

}  // namespace

Event Parser::fail(const char* problem) noexcept {
    state_ = State::failed;
    problem_ = problem;
    return Event::failed;
}

/// The head stays to be looked at until the next start line is read.
Event Parser::end_message() noexcept {
    state_ = State::start_line;
    head_bytes_ = 0;
    return Event::end;
}

/// Moves up to a line end from `input` to line_; true when the line is complete, without its end.
bool Parser::take_line(std::string_view& input) {
    if (line_complete_) {
        line_.clear();
        line_complete_ = false;
    }
    const auto end = input.find('\n');
    const auto part = input.substr(0, end == std::string_view::npos ? input.size() : end);
    const std::size_t room = limits_.head - std::min(limits_.head, head_bytes_);
    // Never more than the limit is kept, also of a line that has no end.
    line_.append(part.substr(0, room));
    head_bytes_ += part.size() + 1;
    if (end == std::string_view::npos) {
        head_bytes_ -= 1;
        input = {};
        return false;
    }
    input.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    line_complete_ = true;
    return true;
}

Event Parser::take_body(std::string_view& input, State after) {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
    body_ = input.substr(0, count);
    input.remove_prefix(count);
    left_ -= count;
    if (left_ == 0) state_ = after;
    return Event::body;
}

Event Parser::next(std::string_view& input) {
    body_ = {};
    for (;;) {
        switch (state_) {
            case State::failed: return Event::failed;
            case State::done: return end_message();
            case State::fixed_body:
            case State::chunk_data:
                if (input.empty()) return Event::more;
                return take_body(input,
                                 state_ == State::fixed_body ? State::done : State::chunk_end);
            case State::until_close:
                if (input.empty()) return Event::more;
                body_ = input;
                input = {};
                return Event::body;
            default: break;
        }
        const bool complete = take_line(input);
        if (head_bytes_ > limits_.head) return fail("the head is too long");
        if (!complete) return Event::more;
        const Event event = read_line();
        if (event != Event::more) return event;
    }
}

Event Parser::finish() {
    if (state_ == State::failed) return Event::failed;
    if (state_ == State::until_close || state_ == State::done || is_idle()) return end_message();
    return fail("the message ended early");
}

/// One complete line, in a state that reads lines. `more`: nothing to tell yet.
Event Parser::read_line() {
    switch (state_) {
        case State::start_line: return read_start_line();
        case State::fields:
            if (line_.empty()) return choose_body();
            return read_field();
        case State::chunk_size: return read_chunk_size();
        case State::chunk_end:
            if (!line_.empty()) return fail("a chunk is longer than its size");
            head_bytes_ = 0;
            state_ = State::chunk_size;
            return Event::more;
        case State::trailers:
            // Of no use to anybody here; their size is bounded by the limit of the head.
            return line_.empty() ? end_message() : Event::more;
        default: return fail("unexpected line");
    }
}

Event Parser::read_start_line() {
    if (line_.empty()) {
        // RFC 9112 section 2.2: empty lines before a request are passed over.
        if (kind_ == Kind::request) return Event::more;
        return fail("an empty line stands where a status line belongs");
    }
    head_ = {};
    left_ = 0;
    has_length_ = false;
    was_until_close_ = false;
    state_ = State::fields;
    return kind_ == Kind::request ? read_request_line() : read_status_line();
}

Event Parser::read_request_line() {
    const std::string_view line = line_;
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return fail("the request line is broken");
    head_.method = line.substr(0, first);
    head_.target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return fail("the request is not HTTP/1");
    head_.minor_version = version.back() - '0';
    const bool plain = std::all_of(head_.target.begin(), head_.target.end(), [](char letter) {
        return letter > ' ' && letter != '\x7f';
    });
    if (!is_token(head_.method) || head_.target.empty() || !plain) {
        return fail("the request line is broken");
    }
    return Event::more;
}

Event Parser::read_status_line() {
    const std::string_view line = line_;
    if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ' ||
        (line[7] != '0' && line[7] != '1')) {
        return fail("the answer is not HTTP/1");
    }
    head_.minor_version = line[7] - '0';
    std::uint64_t status = 0;
    if (!read_number(line.substr(9, 3), 10, status) || status < 100 ||
        (line.size() > 12 && line[12] != ' ')) {
        return fail("the status is not a number of three digits");
    }
    head_.status = static_cast<int>(status);
    if (line.size() > 13) head_.reason = line.substr(13);
    return Event::more;
}

Event Parser::read_field() {
    const std::string_view line = line_;
    const auto colon = line.find(':');
    // A name with a blank behind it, and a line that goes on from the one before (it begins with a
    // blank), are refused by the same rule: RFC 9112 sections 5.1 and 5.2.
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
        return fail("a header field is broken");
    }
    const std::string_view value = trim_blanks(line.substr(colon + 1));
    if (value.find_first_of(std::string_view("\r\0", 2)) != std::string_view::npos) {
        return fail("a header field holds a control character");
    }
    if (head_.headers.size() >= limits_.fields) return fail("there are too many header fields");
    head_.headers.push_back({std::string(line.substr(0, colon)), std::string(value)});
    return Event::more;
}

/// Content-Length; several must agree. False when they are no number.
bool Parser::read_length() {
    for (const Header& header : head_.headers) {
        if (!same_text(header.name, "Content-Length")) continue;
        std::uint64_t number = 0;
        if (!read_number(header.value, 10, number)) return false;
        if (has_length_ && number != left_) return false;
        has_length_ = true;
        left_ = number;
    }
    return true;
}

/// The head is complete: how the body ends (RFC 9112 section 6.3).
Event Parser::choose_body() {
    head_bytes_ = 0;
    if (!read_length()) return fail("the content length is not one number");
    const auto encoding = head_.find("Transfer-Encoding");
    if (encoding && !same_text(*encoding, "chunked")) {
        return fail("the transfer encoding is not known");
    }
    if (encoding && has_length_ && kind_ == Kind::request) {
        return fail("the request has a length and is chunked too");
    }
    const bool is_bare = kind_ == Kind::response && (no_body_ || head_.status < 200 ||
                                                     head_.status == 204 || head_.status == 304);
    if (head_.status >= 200) no_body_ = false;  // it was no interim answer
    if (is_bare) {
        state_ = State::done;
    } else if (encoding) {
        state_ = State::chunk_size;
    } else if (has_length_) {
        state_ = left_ > 0 ? State::fixed_body : State::done;
    } else if (kind_ == Kind::request) {
        state_ = State::done;
    } else {
        state_ = State::until_close;
        was_until_close_ = true;
    }
    return Event::head;
}

Event Parser::read_chunk_size() {
    std::string_view size = line_;
    size = trim_blanks(size.substr(0, std::min(size.find(';'), size.size())));
    if (!read_number(size, 16, left_)) return fail("the chunk size is not a number");
    state_ = left_ > 0 ? State::chunk_data : State::trailers;
    return Event::more;
}

bool Parser::keeps_alive() const noexcept {
    if (was_until_close_ || state_ == State::failed) return false;
    if (head_.minor_version == 0) return head_.lists("Connection", "keep-alive");
    return !head_.lists("Connection", "close");
}

}  // namespace poststack::http
