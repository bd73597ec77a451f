#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <numeric>

#include <fmt/format.h>

namespace poststack {
namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";

// Not std::isalnum and friends: those ask the locale.
bool is_word(char letter) noexcept {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9');
}

int hex_value(char digit) noexcept {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

/// Edits between two words; swapping two neighbours counts once (optimal string alignment).
std::size_t edits_between(std::string_view left, std::string_view right) {
    std::vector<std::size_t> before(right.size() + 1);
    std::vector<std::size_t> above(right.size() + 1);
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(above.begin(), above.end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t change = left[i - 1] == right[j - 1] ? 0 : 1;
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above.back();
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
    return fmt::format("{}", fmt::join(parts, separator));
}

std::string to_lower(std::string_view text) {
    std::string result(text);
    for (char& letter : result) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    }
    return result;
}

std::string to_upper(std::string_view text) {
    std::string result(text);
    for (char& letter : result) {
        if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
    }
    return result;
}

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [rest, failure] = std::from_chars(text.data(), end, number);
    if (failure != std::errc{} || rest != end) return std::nullopt;
    return number;
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
    constexpr std::size_t most = 2;
    std::optional<std::string> best;
    std::size_t best_edits = most + 1;
    const std::string wanted = to_lower(word);
    for (const std::string& candidate : candidates) {
        const std::size_t shorter = std::min(candidate.size(), wanted.size());
        const std::size_t longer = std::max(candidate.size(), wanted.size());
        if (longer - shorter > most) continue;
        const std::size_t edits = edits_between(wanted, to_lower(candidate));
        // Two edits turn any two-letter word into any other: no help to anybody.
        if (edits < best_edits && edits < longer) {
            best = candidate;
            best_edits = edits;
        }
    }
    return best;
}

std::string percent_encode(std::string_view text) {
    std::string encoded;
    encoded.reserve(text.size());
    for (const char letter : text) {
        if (is_word(letter) || letter == '-' || letter == '.' || letter == '_' || letter == '~') {
            encoded += letter;
        } else {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
        }
    }
    return encoded;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at];
            continue;
        }
        if (at + 2 >= text.size()) return std::nullopt;
        const int high = hex_value(text[at + 1]);
        const int low = hex_value(text[at + 2]);
        if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
        decoded += static_cast<char>(high * 16 + low);
        at += 2;
    }
    return decoded;
}

std::string human_bytes(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 7> units{"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < 1024) return fmt::format("{} {}", bytes, bytes == 1 ? "byte" : "bytes");
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    // 1023.5 would be shown as 1024 of its unit: take the next one.
    while (amount >= 1023.5 && unit + 1 < units.size()) {
        amount /= 1024;
        ++unit;
    }
    return amount < 9.95 ? fmt::format("{:.1f} {}", amount, units[unit])
                         : fmt::format("{:.0f} {}", amount, units[unit]);
}

std::string human_duration(std::chrono::nanoseconds duration) {
    if (duration < std::chrono::nanoseconds::zero()) return "-" + human_duration(-duration);
    const double ms = std::chrono::duration<double, std::milli>(duration).count();
    if (ms < 0.995) return fmt::format("{:.2f} ms", ms);
    if (ms < 9.95) return fmt::format("{:.1f} ms", ms);
    if (ms < 999.5) return fmt::format("{:.0f} ms", ms);
    const double seconds = ms / 1000;
    if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
    if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
    const auto whole = std::chrono::round<std::chrono::seconds>(duration).count();
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    const auto minutes = whole / 60;
    if (minutes < 24 * 60) return fmt::format("{} h {:02} min", minutes / 60, minutes % 60);
    const auto hours = minutes / 60;
    return fmt::format("{} d {} h", hours / 24, hours % 24);
}

std::string utc_timestamp(std::chrono::system_clock::time_point when) {
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(when - day));
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()),
                       time.hours().count(),
                       time.minutes().count(),
                       time.seconds().count());
}

std::string shell_quote(std::string_view text) {
    const bool harmless = !text.empty() && std::ranges::all_of(text, [](char letter) {
        return is_word(letter) ||
               std::string_view("_@%+=:,./-").find(letter) != std::string_view::npos;
    });
    if (harmless) return std::string(text);
    std::string quoted = "'";
    for (const char letter : text) {
        if (letter == '\'') {
            quoted += "'\\''";
        } else {
            quoted += letter;
        }
    }
    return quoted + "'";
}

}  // namespace poststack
