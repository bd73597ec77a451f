// Is it UTF-8?
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace poststack {

/// The index of the first byte that is not part of valid UTF-8 (RFC 3629); nothing when all is
/// well.
[[nodiscard]] std::optional<std::size_t> find_invalid_utf8(std::string_view text) noexcept;

}  // namespace poststack
