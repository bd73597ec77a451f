// The values of one section, expanded and checked; every refusal names file, line and key.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

#include "supervise/expand.h"
#include "supervise/ini.h"
#include "supervise/words.h"

namespace poststack::supervise {

struct IntegerRange {
    std::int64_t least = 0;
    std::int64_t most = 1'000'000'000;
};

/// Borrows the section.
class Section {
  public:
    Section(const IniSection& section, Expansions names);

    [[nodiscard]] const std::string& name() const noexcept { return section_->name; }

    [[nodiscard]] const Place& place() const noexcept { return section_->place; }

    /// The place of `key`, or of the section when it is not there.
    [[nodiscard]] const Place& place_of(std::string_view key) const noexcept;

    [[nodiscard]] bool has(std::string_view key) const noexcept;

    /// Makes another name known to values read from now on.
    void add_name(const std::string& name, std::string value);

    /// The expanded value; nothing when the key is not there. Errors: config, as do all below.
    [[nodiscard]] std::optional<std::string> find(std::string_view key) const;
    [[nodiscard]] std::string text(std::string_view key, std::string_view otherwise = {}) const;
    [[nodiscard]] bool boolean(std::string_view key, bool otherwise) const;
    [[nodiscard]] std::int64_t integer(std::string_view key,
                                       std::int64_t otherwise,
                                       IntegerRange range = {}) const;
    [[nodiscard]] std::uint64_t bytes(std::string_view key, std::uint64_t otherwise) const;
    [[nodiscard]] std::optional<mode_t> octal(std::string_view key) const;

    /// A whole or fractional number of seconds, or one with a unit: 500ms, 10s, 2m, 1h.
    [[nodiscard]] std::chrono::milliseconds duration(std::string_view key,
                                                     std::chrono::milliseconds otherwise) const;
    [[nodiscard]] Variables variables(std::string_view key) const;

    [[noreturn]] void refuse(std::string_view key,
                             const std::string& problem,
                             std::string hint = {}) const;

  private:
    const IniSection* section_;
    Expansions names_;
};

/// The number of "TERM", "SIGTERM" or "15"; nothing for anything else.
[[nodiscard]] std::optional<int> find_signal(std::string_view text);

/// "TERM"; the number where it has no name.
[[nodiscard]] std::string signal_name(int number);

/// Reads "yes", "true", "on", "1" and their opposites in any case.
[[nodiscard]] std::optional<bool> find_boolean(std::string_view text);

/// Reads a duration as Section::duration() does.
[[nodiscard]] std::optional<std::chrono::milliseconds> find_duration(std::string_view text);

}  // namespace poststack::supervise
