// The text of settings as values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace poststack::config {

// Each returns nothing for text that is not of its form (keys.h, KeyType).

/// "true", "yes", "on", "1" and their opposites, in any case.
[[nodiscard]] std::optional<bool> parse_boolean(std::string_view text);

/// "30" and "30s" are seconds; also "0.5", "500ms", "2m", "2min", "1h", "1d".
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Bytes: "1048576", "512k", "512MB", "2G", "1.5GiB"; powers of 1024.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

/// "0.5", "2"; no exponents, no signs.
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text);

}  // namespace poststack::config
