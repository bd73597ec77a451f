// What commands print: aligned tables for people, one JSON document for programs.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace poststack {

/// A table with a header row; columns are as wide as their widest cell (in terminal cells, so that
/// multi-byte text aligns).
class Table {
  public:
    explicit Table(std::vector<std::string> header);

    /// Adds a row; missing cells are empty, surplus cells are a bug.
    void add(std::vector<std::string> row);

    /// Right-aligns column `index` (numbers).
    void align_right(std::size_t index);

    /// Renders with two spaces between columns and no trailing blanks. `width` > 0 narrows the
    /// widest columns so that no line is longer (a narrow terminal): what does not fit continues
    /// on the next line.
    [[nodiscard]] std::string to_text(std::size_t width = 0) const;

    [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }

  private:
    std::vector<std::string> header_;
    std::vector<std::vector<std::string>> rows_;
    std::vector<bool> right_;
};

/// Renders "name: value" lines with the values aligned; an empty name continues the value above.
[[nodiscard]] std::string to_text(const std::vector<std::pair<std::string, std::string>>& fields);

/// Number of terminal cells that UTF-8 `text` takes.
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

}  // namespace poststack
