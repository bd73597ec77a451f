// Base64, for HTTP's Basic authentication and XML-RPC's bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace poststack::supervise {

/// Decodes `text`; white space is skipped. Nothing when it is no base64.
/// Encodes `bytes`, without line ends.
[[nodiscard]] std::string encode_base64(std::string_view bytes);

[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace poststack::supervise
