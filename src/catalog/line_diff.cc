#include "catalog/line_diff.h"

#include <algorithm>

#include "base/text.h"

namespace poststack::catalog {

namespace {

using Lines = std::vector<std::string_view>;

struct Step {
    char mark;  // ' ', '-', '+'
    std::string_view line;
};

/// Longest common subsequence by the classic table.
class Table {
  public:
    Table(const Lines& before, const Lines& after)
        : width_(after.size() + 1), cells_((before.size() + 1) * width_, 0) {
        for (std::size_t i = before.size(); i-- > 0;) {
            for (std::size_t j = after.size(); j-- > 0;) {
                cell(i, j) = before[i] == after[j] ? cell(i + 1, j + 1) + 1
                                                   : std::max(cell(i + 1, j), cell(i, j + 1));
            }
        }
    }

    int& cell(std::size_t row, std::size_t column) { return cells_[row * width_ + column]; }

  private:
    std::size_t width_;
    std::vector<int> cells_;
};

std::vector<Step> steps(const Lines& before, const Lines& after) {
    std::vector<Step> result;
    std::size_t i = 0;
    std::size_t j = 0;
    if (before.size() <= 2000 && after.size() <= 2000) {
        Table table(before, after);
        while (i < before.size() && j < after.size()) {
            if (before[i] == after[j]) {
                result.push_back({' ', before[i++]});
                ++j;
            } else if (table.cell(i + 1, j) >= table.cell(i, j + 1)) {
                result.push_back({'-', before[i++]});
            } else {
                result.push_back({'+', after[j++]});
            }
        }
    }
    while (i < before.size())
        result.push_back({'-', before[i++]});
    while (j < after.size())
        result.push_back({'+', after[j++]});
    return result;
}

/// Takes equal lines off both ends; returns how many at the front.
std::size_t trim_common(Lines& before, Lines& after, Lines& tail) {
    const auto [left, right] =
        std::mismatch(before.begin(), before.end(), after.begin(), after.end());
    const auto front = static_cast<std::size_t>(left - before.begin());
    before.erase(before.begin(), left);
    after.erase(after.begin(), right);
    while (!before.empty() && !after.empty() && before.back() == after.back()) {
        tail.insert(tail.begin(), before.back());
        before.pop_back();
        after.pop_back();
    }
    return front;
}

}  // namespace

std::vector<std::string> line_diff(std::string_view before,
                                   std::string_view after,
                                   std::size_t around) {
    const Lines all = split(before, '\n');
    Lines old_lines = all;
    Lines new_lines = split(after, '\n');
    Lines tail;
    const std::size_t front = trim_common(old_lines, new_lines, tail);
    std::vector<Step> middle = steps(old_lines, new_lines);
    std::vector<Step> path;
    for (std::size_t i = 0; i < front; ++i)
        path.push_back({' ', all[i]});
    path.insert(path.end(), middle.begin(), middle.end());
    for (const std::string_view line : tail)
        path.push_back({' ', line});

    std::vector<bool> shown(path.size(), false);
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i].mark == ' ') continue;
        const std::size_t last = std::min(path.size(), i + around + 1);
        for (std::size_t k = i >= around ? i - around : 0; k < last; ++k)
            shown[k] = true;
    }
    std::vector<std::string> result;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (shown[i]) {
            result.push_back(std::string(1, path[i].mark) + " " + std::string(path[i].line));
        } else if (result.empty() || result.back() != "...") {
            result.emplace_back("...");
        }
    }
    return result;
}

}  // namespace poststack::catalog
