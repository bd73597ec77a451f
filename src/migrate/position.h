// Places in a file, as an editor counts them.
#pragma once

#include <cstdint>
#include <string_view>

namespace poststack::migrate {

/// A place in a file: lines and columns start at 1, a column is a character (UTF-8).
struct TextPosition {
    std::uint64_t offset = 0;  ///< bytes from the start of the file
    std::uint32_t line = 1;
    std::uint32_t column = 1;

    /// Moves behind `text`, which starts here.
    void advance(std::string_view text) noexcept;

    friend bool operator==(const TextPosition&, const TextPosition&) = default;
};

/// The byte index of character number `characters` (from 1, as PostgreSQL reports positions) of
/// UTF-8 `text`; the end of the text when it has fewer.
[[nodiscard]] std::size_t byte_of_character(std::string_view text, std::size_t characters) noexcept;

}  // namespace poststack::migrate
