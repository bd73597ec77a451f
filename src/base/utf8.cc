#include "base/utf8.h"

namespace poststack {
namespace {

struct Lead {
    std::size_t length;   // of the whole sequence, 0: no lead byte
    unsigned char first;  // allowed range of the second byte
    unsigned char last;
};

constexpr Lead lead_of(unsigned char byte) noexcept {
    if (byte < 0x80) return {1, 0, 0};
    if (byte >= 0xc2 && byte <= 0xdf) return {2, 0x80, 0xbf};
    if (byte == 0xe0) return {3, 0xa0, 0xbf};
    if (byte == 0xed) return {3, 0x80, 0x9f};
    if (byte >= 0xe1 && byte <= 0xef) return {3, 0x80, 0xbf};
    if (byte == 0xf0) return {4, 0x90, 0xbf};
    if (byte >= 0xf1 && byte <= 0xf3) return {4, 0x80, 0xbf};
    if (byte == 0xf4) return {4, 0x80, 0x8f};
    return {0, 0, 0};
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const Lead lead = lead_of(static_cast<unsigned char>(text[at]));
        if (lead.length == 0 || lead.length > text.size() - at) return at;
        for (std::size_t i = 1; i < lead.length; ++i) {
            const auto byte = static_cast<unsigned char>(text[at + i]);
            const unsigned char first = i == 1 ? lead.first : 0x80;
            const unsigned char last = i == 1 ? lead.last : 0xbf;
            if (byte < first || byte > last) return at;
        }
        at += lead.length;
    }
    return std::nullopt;
}

}  // namespace poststack
