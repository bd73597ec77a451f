// HTTP/1.1 message heads as data, and their text.
//
// Used by the engine client and, linked statically, by poststack-init: nothing of this header or
// of parser.h throws (but for lack of memory), logs, or needs more than the standard library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poststack::http {

struct Header {
    std::string name;
    std::string value;
};

/// Start line and header fields of a request or a response. What the other kind has is empty.
struct Head {
    std::string method;  ///< "GET"
    std::string target;  ///< "/_ping?x=1", as sent: percent-encoded
    int status = 0;
    std::string reason;
    int minor_version = 1;  ///< of HTTP/1.x
    std::vector<Header> headers;

    /// The value of field `name` (any case); the first when there are several.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

    /// True when the comma-separated field `name` lists `token` (any case).
    [[nodiscard]] bool lists(std::string_view name, std::string_view token) const noexcept;

    /// Sets field `name`, replacing one of that name.
    void set(std::string name, std::string value);
};

/// The text of a head, with the empty line that ends it. Empty when a part of it holds what would
/// break the message open (a line end, a blank in the target, a name that is no token).
[[nodiscard]] std::string request_text(const Head& head);
[[nodiscard]] std::string response_text(const Head& head);

/// `bytes` as one chunk of a chunked body; nothing for no bytes, which would end the body.
[[nodiscard]] std::string chunk_text(std::string_view bytes);

/// What ends a chunked body.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// True for a token of RFC 9110 section 5.6.2.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

/// Compares ASCII text without regard to case.
[[nodiscard]] bool same_text(std::string_view left, std::string_view right) noexcept;

}  // namespace poststack::http
