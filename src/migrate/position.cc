#include "migrate/position.h"

namespace poststack::migrate {
namespace {

bool starts_character(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
}

}  // namespace

void TextPosition::advance(std::string_view text) noexcept {
    offset += text.size();
    for (;;) {
        const std::size_t newline = text.find('\n');
        if (newline == std::string_view::npos) break;
        ++line;
        column = 1;
        text.remove_prefix(newline + 1);
    }
    for (const char c : text)
        column += starts_character(c) ? 1 : 0;
}

std::size_t byte_of_character(std::string_view text, std::size_t characters) noexcept {
    std::size_t seen = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (starts_character(text[i]) && ++seen == characters) return i;
    }
    return text.size();
}

}  // namespace poststack::migrate
