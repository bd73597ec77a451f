// A rule of the linter, its texts, and what it found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace poststack::lint {

enum class Severity : std::uint8_t { info, warning, error };

[[nodiscard]] std::string_view name(Severity severity) noexcept;

/// One rule. The texts are parts of sentences: see finding.cc for how they are put together.
struct Rule {
    std::string_view name;  ///< stable; what "-- poststack: ignore" and --rules take
    Severity severity = Severity::warning;
    std::string_view finds;    ///< what it looks for, a noun phrase
    std::string_view lock;     ///< table lock that the statement takes; "" when it is not about one
    std::string_view effect;   ///< "scans the table", "rewrites the table and its indexes" or ""
    std::string_view why;      ///< what hurts, a clause
    std::string_view instead;  ///< what to write, full sentences
};

// Effects and reasons that several rules share.

/// What a change does that writes every row anew.
inline constexpr std::string_view rewrites = "rewrites it with all its indexes";
/// What hurts about that.
inline constexpr std::string_view stops_all =
    "neither reads nor writes go through until every row is written anew";

/// Every rule, by name.
[[nodiscard]] std::span<const Rule* const> all_rules();

/// Nothing when there is no rule of that name.
[[nodiscard]] const Rule* find_rule(std::string_view name);

/// Hint for a misspelt rule name: the nearest one, or where the list is.
[[nodiscard]] std::string spelling_hint(std::string_view name);

/// Where something was found.
struct Place {
    std::size_t statement = 0;  ///< index in its file
    std::uint32_t line = 1;
    std::uint32_t column = 1;
};

struct Finding {
    const Rule* rule = nullptr;
    std::string file = {};  ///< as the caller named it
    Place place = {};
    std::string object = {};   ///< the table or other object it is about; may be empty
    std::string message = {};  ///< what is wrong and why, a sentence without its period
    std::string instead = {};  ///< what to write
};

}  // namespace poststack::lint
