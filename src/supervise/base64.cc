#include "supervise/base64.h"

#include <cstdint>

namespace poststack::supervise {
namespace {

constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string encode_base64(std::string_view bytes) {
    std::string text;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (const char byte : bytes) {
        bits = (bits << 8U) | static_cast<unsigned char>(byte);
        for (count += 8; count >= 6; count -= 6)
            text += letters[(bits >> (count - 6)) & 0x3fU];
    }
    if (count > 0) text += letters[(bits << (6 - count)) & 0x3fU];
    while (text.size() % 4 != 0)
        text += '=';
    return text;
}

std::optional<std::string> decode_base64(std::string_view text) {
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
