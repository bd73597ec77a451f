// The answer of the server to one statement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace poststack {

/// Rows as text. Views live as long as the Rows they come from; copies share them.
class Rows {
  public:
    Rows() noexcept = default;

    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] std::size_t columns() const noexcept;
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// A cell's text, "" for null. Errors: ErrorKind::bug when it does not exist.
    [[nodiscard]] std::string_view at(std::size_t row, std::size_t column) const;
    [[nodiscard]] bool is_null(std::size_t row, std::size_t column) const;

    [[nodiscard]] std::string_view column_name(std::size_t column) const;
    [[nodiscard]] std::optional<std::size_t> find_column(const std::string& name) const;

    /// Rows inserted, updated, deleted or selected.
    [[nodiscard]] std::uint64_t affected() const;

  private:
    friend class Loan;
    struct Data;
    std::shared_ptr<const Data> data_;  // never changed, so copies may share it
};

}  // namespace poststack
