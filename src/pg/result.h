// The rows and status of one statement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct pg_result;  // libpq's, so that its header stays inside src/pg

namespace poststack::pg {

struct ResultFree {
    void operator()(pg_result* result) const noexcept;
};

/// A finished statement's result. Views into it live as long as it does.
class Result {
  public:
    Result() noexcept = default;
    explicit Result(pg_result* result) noexcept : result_(result) {}

    [[nodiscard]] std::size_t rows() const noexcept;
    [[nodiscard]] std::size_t columns() const noexcept;

    /// The text of a cell, "" for null. Errors: bug when the cell does not exist.
    [[nodiscard]] std::string_view value(std::size_t row, std::size_t column) const;
    [[nodiscard]] bool is_null(std::size_t row, std::size_t column) const;

    /// The same as a number. Errors: bug when the text is not an integer.
    [[nodiscard]] std::int64_t number(std::size_t row, std::size_t column) const;

    /// The same for boolean columns.
    [[nodiscard]] bool boolean(std::size_t row, std::size_t column) const;

    /// Nothing for null.
    [[nodiscard]] std::optional<std::string> find_text(std::size_t row, std::size_t column) const;

    [[nodiscard]] std::string_view column_name(std::size_t column) const;
    [[nodiscard]] std::optional<std::size_t> find_column(const std::string& name) const;

    /// Rows inserted, updated, deleted, copied or selected; 0 for other commands.
    [[nodiscard]] std::uint64_t affected() const;

    /// The command tag, e.g. "CREATE TABLE" or "INSERT 0 3".
    [[nodiscard]] std::string_view tag() const;

    /// Null for a default-made one.
    [[nodiscard]] pg_result* get() const noexcept { return result_.get(); }

  private:
    std::unique_ptr<pg_result, ResultFree> result_;
};

}  // namespace poststack::pg
