#include "pg/result.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include "base/error.h"
#include "base/text.h"

namespace poststack::pg {

namespace {

/// libpq prints to stderr and goes on when a cell does not exist; here it is a broken invariant.
void require_cell(const Result& result, std::size_t row, std::size_t column) {
    if (row < result.rows() && column < result.columns()) return;
    throw Error(ErrorKind::bug,
                fmt::format("cell {}, {} is outside a result of {} x {}",
                            row,
                            column,
                            result.rows(),
                            result.columns()));
}

}  // namespace

void ResultFree::operator()(pg_result* result) const noexcept {
    PQclear(result);
}

std::size_t Result::rows() const noexcept {
    return result_ ? static_cast<std::size_t>(PQntuples(result_.get())) : 0;
}

std::size_t Result::columns() const noexcept {
    return result_ ? static_cast<std::size_t>(PQnfields(result_.get())) : 0;
}

std::string_view Result::value(std::size_t row, std::size_t column) const {
    require_cell(*this, row, column);
    const int r = static_cast<int>(row);
    const int c = static_cast<int>(column);
    return {PQgetvalue(result_.get(), r, c),
            static_cast<std::size_t>(PQgetlength(result_.get(), r, c))};
}

bool Result::is_null(std::size_t row, std::size_t column) const {
    require_cell(*this, row, column);
    return PQgetisnull(result_.get(), static_cast<int>(row), static_cast<int>(column)) != 0;
}

std::int64_t Result::number(std::size_t row, std::size_t column) const {
    const std::string_view text = value(row, column);
    const auto number = parse_integer(text);
    if (!number) throw Error(ErrorKind::bug, fmt::format("\"{}\" is not an integer", text));
    return *number;
}

bool Result::boolean(std::size_t row, std::size_t column) const {
    return value(row, column) == "t";
}

std::optional<std::string> Result::find_text(std::size_t row, std::size_t column) const {
    if (is_null(row, column)) return std::nullopt;
    return std::string(value(row, column));
}

std::string_view Result::column_name(std::size_t column) const {
    const char* name = PQfname(result_.get(), static_cast<int>(column));
    return name == nullptr ? std::string_view{} : name;
}

std::optional<std::size_t> Result::find_column(const std::string& name) const {
    for (std::size_t column = 0; column < columns(); ++column) {
        if (column_name(column) == name) return column;  // PQfnumber folds case like SQL
    }
    return std::nullopt;
}

std::uint64_t Result::affected() const {
    if (!result_) return 0;
    const auto number = parse_integer(PQcmdTuples(result_.get()));
    return number ? static_cast<std::uint64_t>(*number) : 0;
}

std::string_view Result::tag() const {
    return result_ ? std::string_view(PQcmdStatus(result_.get())) : std::string_view{};
}

}  // namespace poststack::pg
