// The INI dialect of supervisord: Python's configparser with ';' and '#' comments.
//
// Keys are lower-cased, '=' or ':' parts key and value, an indented line continues the value above,
// a comment inside a line needs white space before it, a section or key that comes again adds to or
// replaces the first. Source: Python's documentation of configparser; supervisor's options.py.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace poststack::supervise {

/// Where something stands. Never part of a comparison: moving a line changes nothing.
struct Place {
    std::string file;
    std::size_t line = 0;

    [[nodiscard]] std::string to_text() const;

    bool operator==(const Place& /*other*/) const noexcept { return true; }
};

struct IniEntry {
    std::string key;    ///< lower case
    std::string value;  ///< trimmed; a continued value holds line breaks
    Place place;
};

struct IniSection {
    std::string name;
    Place place;
    std::vector<IniEntry> entries;  ///< each key once: the last one wins

    [[nodiscard]] const IniEntry* find(std::string_view key) const noexcept;
};

/// Adds what `text` says to `sections`. Errors: config naming `file` and the line.
void parse_ini(std::string_view text, const std::string& file, std::vector<IniSection>& sections);

/// Throws an Error(config) whose message begins with the place.
[[noreturn]] void throw_at(const Place& place, const std::string& message, std::string hint = {});

}  // namespace poststack::supervise
