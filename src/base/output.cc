#include "base/output.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

#include <fmt/format.h>

#include "base/error.h"

namespace poststack {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t narrowest = 8;  // a column is never made narrower than this

struct Range {
    char32_t first;
    char32_t last;
};

// Unicode 15, East Asian Width W and F, and the emoji blocks; coarse on purpose.
constexpr std::array wide_ranges{
    Range{0x1100, 0x115f},
    Range{0x2e80, 0x303e},
    Range{0x3041, 0xa4cf},
    Range{0xa960, 0xa97f},
    Range{0xac00, 0xd7a3},
    Range{0xf900, 0xfaff},
    Range{0xfe30, 0xfe6f},
    Range{0xff00, 0xff60},
    Range{0xffe0, 0xffe6},
    Range{0x1f300, 0x1f64f},
    Range{0x1f680, 0x1f6ff},
    Range{0x1f900, 0x1f9ff},
    Range{0x20000, 0x3fffd},
};

constexpr std::array zero_ranges{
    Range{0x0300, 0x036f},
    Range{0x200b, 0x200f},
    Range{0x20d0, 0x20ff},
    Range{0xfe00, 0xfe0f},
    Range{0xfe20, 0xfe2f},
    Range{0xfeff, 0xfeff},
};

template <std::size_t count>
bool contains(const std::array<Range, count>& ranges, char32_t code) noexcept {
    return std::ranges::any_of(
        ranges, [code](const Range& range) { return code >= range.first && code <= range.last; });
}

std::size_t cells(char32_t code) noexcept {
    if (contains(zero_ranges, code)) return 0;
    return contains(wide_ranges, code) ? 2 : 1;
}

/// Takes one UTF-8 character off `text`. A broken byte counts as one character.
char32_t take_character(std::string_view& text) noexcept {
    const auto first = static_cast<unsigned char>(text.front());
    std::size_t length = 1;
    char32_t code = first;
    if (first >= 0xf0 && first < 0xf8) {
        length = 4;
        code = first & 0x07U;
    } else if (first >= 0xe0 && first < 0xf0) {
        length = 3;
        code = first & 0x0fU;
    } else if (first >= 0xc2 && first < 0xe0) {
        length = 2;
        code = first & 0x1fU;
    }
    for (std::size_t at = 1; at < length; ++at) {
        const auto next = at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
        if ((next & 0xc0U) != 0x80U) {
            text.remove_prefix(1);
            return 0xfffd;
        }
        code = (code << 6U) | (next & 0x3fU);
    }
    text.remove_prefix(length);
    return code;
}

/// Takes the next line of at most `width` cells off `text`: up to a blank or behind a slash, and
/// within a word that is longer. At least one character is taken.
std::string take_line(std::string_view& text, std::size_t width) {
    std::string_view rest = text;
    std::size_t used = 0;
    std::size_t fitting = 0;  // bytes
    std::size_t end = 0;      // the best place to break in them
    while (!rest.empty()) {
        const char next = rest.front();
        if (next == ' ' && fitting > 0) end = fitting;
        used += cells(take_character(rest));
        if (used > width && fitting > 0) break;
        fitting = text.size() - rest.size();
        if (next == '/') end = fitting;
    }
    if (used <= width || end == 0) end = fitting;
    std::string line(text.substr(0, end));
    text.remove_prefix(end);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    return line;
}

/// A cell is one line and cannot steer the terminal: control characters become blanks.
std::string to_cell(std::string text) {
    for (char& letter : text) {
        const auto code = static_cast<unsigned char>(letter);
        if (code < 0x20 || code == 0x7f) letter = ' ';
    }
    return text;
}

/// Narrows the widest columns until a line fits into `limit` cells; false when none does.
bool narrow(std::vector<std::size_t>& widths, std::size_t limit) {
    const std::size_t gaps = gap.size() * (widths.size() - 1);
    while (std::accumulate(widths.begin(), widths.end(), gaps) > limit) {
        const auto widest = std::ranges::max_element(widths);
        if (*widest <= narrowest) return false;
        --*widest;
    }
    return true;
}

/// The rows one below the other, a cell a line: for a terminal too narrow for the columns.
std::string render_records(const std::vector<std::string>& header,
                           const std::vector<std::vector<std::string>>& rows) {
    std::string text;
    for (const auto& row : rows) {
        std::vector<std::pair<std::string, std::string>> fields;
        for (std::size_t index = 0; index < row.size(); ++index) {
            if (!row[index].empty()) fields.emplace_back(header[index], row[index]);
        }
        if (!text.empty()) text += '\n';
        text += to_text(fields);
    }
    return text;
}

/// One row: a line, and more where a cell does not fit its column.
std::string render_row(const std::vector<std::string>& row,
                       const std::vector<std::size_t>& widths,
                       const std::vector<bool>& right) {
    std::vector<std::string_view> rest(row.begin(), row.end());
    std::string text;
    do {
        std::string line;
        for (std::size_t index = 0; index < row.size(); ++index) {
            const std::string cell = take_line(rest[index], widths[index]);
            const std::size_t used = display_width(cell);
            const std::string blanks(widths[index] - std::min(used, widths[index]), ' ');
            if (index > 0) line += gap;
            line += right[index] ? blanks + cell : cell + blanks;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    } while (!std::ranges::all_of(rest, &std::string_view::empty));
    return text;
}

}  // namespace

Table::Table(std::vector<std::string> header)
    : header_(std::move(header)), right_(header_.size(), false) {}

void Table::add(std::vector<std::string> row) {
    if (row.size() > header_.size()) {
        throw Error(ErrorKind::bug,
                    fmt::format("a row of {} cells in a table of {}", row.size(), header_.size()));
    }
    row.resize(header_.size());
    for (std::string& cell : row)
        cell = to_cell(std::move(cell));
    rows_.push_back(std::move(row));
}

void Table::align_right(std::size_t index) {
    right_.at(index) = true;
}

std::string Table::to_text(std::size_t width) const {
    if (header_.empty()) return {};
    std::vector<std::size_t> widths;
    for (std::size_t index = 0; index < header_.size(); ++index) {
        std::size_t widest = display_width(header_[index]);
        for (const auto& row : rows_)
            widest = std::max(widest, display_width(row[index]));
        widths.push_back(widest);
    }
    if (width > 0 && !narrow(widths, width) && !rows_.empty()) {
        return render_records(header_, rows_);
    }
    std::string text = render_row(header_, widths, right_);
    for (const auto& row : rows_)
        text += render_row(row, widths, right_);
    return text;
}

std::string to_text(const std::vector<std::pair<std::string, std::string>>& fields) {
    std::size_t widest = 0;
    for (const auto& [label, value] : fields)
        widest = std::max(widest, display_width(label) + 1);
    std::string text;
    for (const auto& [label, value] : fields) {
        std::string line = label.empty() ? label : label + ':';
        line.append(widest - display_width(line) + 1, ' ');
        line += to_cell(value);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

std::size_t display_width(std::string_view text) noexcept {
    std::size_t width = 0;
    while (!text.empty())
        width += cells(take_character(text));
    return width;
}

}  // namespace poststack
