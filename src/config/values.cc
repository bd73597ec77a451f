#include "config/values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

#include "base/text.h"

namespace poststack::config {

namespace {

/// A decimal number and the letters behind it.
struct Measure {
    double number = 0;
    std::string unit;  ///< lower case
};

std::optional<Measure> split_measure(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == '.'))
        ++end;
    const auto number = parse_decimal(text.substr(0, end));
    if (!number) return std::nullopt;
    return Measure{*number, to_lower(trim(text.substr(end)))};
}

template <class Units>
std::optional<double> scale(std::string_view text, const Units& units) {
    const auto measure = split_measure(trim(text));
    if (!measure) return std::nullopt;
    for (const auto& [name, factor] : units) {
        if (name == measure->unit) return measure->number * factor;
    }
    return std::nullopt;
}

}  // namespace

std::optional<bool> parse_boolean(std::string_view text) {
    const std::string word = to_lower(trim(text));
    if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
    if (word == "false" || word == "no" || word == "off" || word == "0") return false;
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, double>, 7> units = {{{"", 1e3},
                                                                           {"ms", 1},
                                                                           {"s", 1e3},
                                                                           {"m", 60e3},
                                                                           {"min", 60e3},
                                                                           {"h", 3600e3},
                                                                           {"d", 86400e3}}};
    const auto milliseconds = scale(text, units);
    constexpr double ten_years = 10 * 366 * 86400e3;
    if (!milliseconds || *milliseconds > ten_years) return std::nullopt;
    return std::chrono::milliseconds(std::llround(*milliseconds));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    constexpr double k = 1024;
    constexpr std::array<std::pair<std::string_view, double>, 14> units = {
        {{"", 1},
         {"b", 1},
         {"k", k},
         {"kb", k},
         {"kib", k},
         {"m", k * k},
         {"mb", k * k},
         {"mib", k * k},
         {"g", k * k * k},
         {"gb", k * k * k},
         {"gib", k * k * k},
         {"t", k * k * k * k},
         {"tb", k * k * k * k},
         {"tib", k * k * k * k}}};
    const auto bytes = scale(text, units);
    if (!bytes || *bytes > 9e18) return std::nullopt;
    return static_cast<std::uint64_t>(*bytes);
}

std::optional<double> parse_decimal(std::string_view text) {
    if (text.empty() || text.front() == '.' || text.back() == '.') return std::nullopt;
    if (text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace poststack::config
