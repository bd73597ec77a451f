#include "supervise/base64.h"

#include <cstdint>

namespace poststack::supervise {

std::optional<std::string> decode_base64(std::string_view text) {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    unsigned count = 0;
    bool padded = false;
    for (const char letter : text) {
        if (letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t') continue;
        if (letter == '=') {
            padded = true;
            continue;
        }
        const std::size_t value = letters.find(letter);
        if (value == std::string_view::npos || padded) return std::nullopt;
        bits = (bits << 6U) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>((bits >> count) & 0xffU);
        }
    }
    return bytes;
}

}  // namespace poststack::supervise
