#include "lint/schema.h"

#include <algorithm>

namespace poststack::lint {
namespace {

template <class List>
auto find_named(List& list, std::string_view name) noexcept {
    const auto found =
        std::find_if(list.begin(), list.end(), [&](const auto& item) { return item.name == name; });
    return found == list.end() ? nullptr : &*found;
}

bool contains(const std::vector<std::string>& list, std::string_view name) noexcept {
    return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

const Column* Relation::find_column(std::string_view name) const noexcept {
    return find_named(columns, name);
}

Column* Relation::find_column(std::string_view name) noexcept {
    return find_named(columns, name);
}

const Constraint* Relation::find_constraint(std::string_view name) const noexcept {
    return find_named(constraints, name);
}

bool Relation::has_primary_key() const noexcept {
    return std::any_of(constraints.begin(), constraints.end(), [](const Constraint& constraint) {
        return constraint.kind == ConstraintKind::primary_key;
    });
}

bool Relation::has_index_for(const std::vector<std::string>& key) const {
    return std::any_of(indexes.begin(), indexes.end(), [&](const Index& index) {
        if (index.partial || !index.valid || index.columns.size() < key.size()) return false;
        return std::all_of(index.columns.begin(),
                           index.columns.begin() + static_cast<std::ptrdiff_t>(key.size()),
                           [&](const std::string& column) { return contains(key, column); });
    });
}

bool Relation::proves_not_null(std::string_view column) const noexcept {
    const Column* known = find_column(column);
    if (known != nullptr && known->not_null) return true;
    return std::any_of(constraints.begin(), constraints.end(), [&](const Constraint& constraint) {
        return constraint.kind == ConstraintKind::check && constraint.valid &&
               contains(constraint.not_null, column);
    });
}

const Relation* Schema::table_of_index(std::string_view index) const {
    const std::string* table = index_tables.find(index);
    return table == nullptr ? nullptr : relations.find(*table);
}

}  // namespace poststack::lint
