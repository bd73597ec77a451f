#include "poststack/rows.h"

#include "base/error.h"
#include "client/rows_data.h"

namespace poststack {

std::size_t Rows::size() const noexcept {
    return data_ ? data_->result.rows() : 0;
}

std::size_t Rows::columns() const noexcept {
    return data_ ? data_->result.columns() : 0;
}

std::string_view Rows::at(std::size_t row, std::size_t column) const {
    if (!data_) throw Error(ErrorKind::bug, "an empty answer has no cells");
    return data_->result.value(row, column);
}

bool Rows::is_null(std::size_t row, std::size_t column) const {
    if (!data_) throw Error(ErrorKind::bug, "an empty answer has no cells");
    return data_->result.is_null(row, column);
}

std::string_view Rows::column_name(std::size_t column) const {
    return data_ ? data_->result.column_name(column) : std::string_view{};
}

std::optional<std::size_t> Rows::find_column(const std::string& name) const {
    return data_ ? data_->result.find_column(name) : std::nullopt;
}

std::uint64_t Rows::affected() const {
    return data_ ? data_->result.affected() : 0;
}

}  // namespace poststack
