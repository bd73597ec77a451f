// Small text helpers: splitting, spelling help, percent-encoding, human-readable units.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace poststack {

[[nodiscard]] std::string_view trim(std::string_view text) noexcept;
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);
[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] std::string to_upper(std::string_view text);

/// Parses a decimal number that fills the whole text; nothing for anything else or an overflow.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;

/// Returns the candidate nearest to `word` within two edits, for "did you mean".
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 std::span<const std::string> candidates);

/// Percent-encodes everything but the unreserved characters of RFC 3986 section 2.3.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Decodes %XX; nothing when an escape is broken or stands for NUL (RFC 3986 section 2.1).
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// Returns `text` with the password of every URL in it (any scheme, any number of URLs, also
/// `password=` in a query) and of every libpq `password=` item replaced by "***".
[[nodiscard]] std::string mask_secrets(std::string_view text);

/// "38 MB", "1.2 GB": the units of pg_size_pretty (powers of 1024), one decimal below 10.
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);

/// "850 ms", "1.24 s", "3 min 05 s", "2 h 10 min", "4 d 3 h".
[[nodiscard]] std::string human_duration(std::chrono::nanoseconds duration);

/// "2026-11-28T07:09:03Z": UTC, RFC 3339.
[[nodiscard]] std::string utc_timestamp(std::chrono::system_clock::time_point when);

/// Quotes `text` as one word for a POSIX shell; harmless words stay as they are.
[[nodiscard]] std::string shell_quote(std::string_view text);

}  // namespace poststack
