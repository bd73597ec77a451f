#include "supervise/ini.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace poststack::supervise {
namespace {

bool is_blank(char letter) noexcept {
    return letter == ' ' || letter == '\t' || letter == '\r' || letter == '\v' || letter == '\f';
}

bool is_comment_mark(char letter) noexcept {
    return letter == ';' || letter == '#';
}

/// Takes a comment off the end of a line: a mark at its start or behind white space.
std::string_view without_comment(std::string_view line) noexcept {
    for (std::size_t at = 0; at < line.size(); ++at) {
        if (is_comment_mark(line[at]) && (at == 0 || is_blank(line[at - 1]))) {
            return line.substr(0, at);
        }
    }
    return line;
}

std::size_t indent_of(std::string_view line) noexcept {
    std::size_t indent = 0;
    while (indent < line.size() && is_blank(line[indent]))
        ++indent;
    return indent;
}

/// Reads one file into the sections of all files.
class Reader {
  public:
    Reader(const std::string& file, std::vector<IniSection>& sections)
        : file_(file), sections_(sections) {}

    void take_line(std::string_view raw) {
        ++line_;
        const std::string_view line = without_comment(raw);
        const std::string_view text = trim(line);
        if (text.empty()) {
            // A line with nothing but a comment leaves the value open, as in configparser.
            if (trim(raw).empty() && entry_) pending_breaks_ += '\n';
            return;
        }
        const std::size_t indent = indent_of(line);
        if (entry_ && indent > indent_) {
            continue_value(text);
            return;
        }
        indent_ = indent;
        entry_.reset();
        if (text.front() == '[') {
            open_section(text);
        } else {
            take_entry(text);
        }
    }

  private:
    [[nodiscard]] Place here() const { return {file_, line_}; }

    IniSection& section() { return sections_[*section_]; }

    void continue_value(std::string_view text) {
        std::string& value = section().entries[*entry_].value;
        value += std::exchange(pending_breaks_, {});
        if (!value.empty()) value += '\n';
        value += text;
    }

    void open_section(std::string_view text) {
        const std::size_t end = text.rfind(']');
        if (end == std::string_view::npos) {
            throw_at(here(), fmt::format("section \"{}\" has no \"]\"", text));
        }
        const std::string name(text.substr(1, end - 1));
        if (name.empty()) throw_at(here(), "section without a name");
        const auto found = std::ranges::find(sections_, name, &IniSection::name);
        section_ = static_cast<std::size_t>(found - sections_.begin());
        if (found == sections_.end()) sections_.push_back({name, here(), {}});
    }

    void take_entry(std::string_view text) {
        const std::size_t mark = text.find_first_of("=:");
        const std::string key = to_lower(trim(text.substr(0, mark)));
        if (mark == std::string_view::npos) {
            throw_at(here(),
                     fmt::format("\"{}\" is neither a section nor \"key = value\"", text),
                     "A value that goes on in the next line is indented there.");
        }
        if (key.empty()) throw_at(here(), "a value without a key");
        if (!section_) {
            throw_at(here(),
                     fmt::format("\"{}\" stands before any section", key),
                     "Put a line such as [supervisord] or [program:NAME] above it.");
        }
        std::vector<IniEntry>& entries = section().entries;
        const auto found = std::ranges::find(entries, key, &IniEntry::key);
        entry_ = static_cast<std::size_t>(found - entries.begin());
        IniEntry entry{key, std::string(trim(text.substr(mark + 1))), here()};
        if (found == entries.end()) {
            entries.push_back(std::move(entry));
        } else {
            *found = std::move(entry);
        }
        pending_breaks_.clear();
    }

    const std::string& file_;
    std::vector<IniSection>& sections_;
    std::size_t line_ = 0;
    std::size_t indent_ = 0;  ///< of the line that began the entry
    std::optional<std::size_t> section_;
    std::optional<std::size_t> entry_;  ///< that an indented line would continue
    std::string pending_breaks_;        ///< empty lines that may turn out to be inside a value
};

}  // namespace

std::string Place::to_text() const {
    return fmt::format("{}:{}", file, line);
}

const IniEntry* IniSection::find(std::string_view key) const noexcept {
    const auto found = std::ranges::find(entries, key, &IniEntry::key);
    return found == entries.end() ? nullptr : &*found;
}

void parse_ini(std::string_view text, const std::string& file, std::vector<IniSection>& sections) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    Reader reader(file, sections);
    for (const std::string_view line : split(text, '\n'))
        reader.take_line(line);
}

void throw_at(const Place& place, const std::string& message, std::string hint) {
    throw Error(ErrorKind::config, fmt::format("{}: {}", place.to_text(), message))
        .hint(std::move(hint));
}

}  // namespace poststack::supervise
