#include "catalog/changed_units.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/text.h"

namespace poststack::catalog {

namespace {

constexpr std::size_t what = 0;
constexpr std::size_t unit = 1;
constexpr std::size_t key = 2;
constexpr std::size_t called = 3;

/// The oid a key begins with.
std::int64_t oid_of(std::string_view text) {
    return parse_integer(text.substr(0, text.find(' '))).value_or(0);
}

}  // namespace

void ChangedUnits::add(const pg::Result& rows, Side& side) {
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        const std::string_view kind = rows.value(row, what);
        if (kind == "all") all_ = true;
        if (kind == "rest") rest_ = true;
        if (kind == "roles") side.roles = rows.value(row, called);
        if (kind == "hidden") side.hidden += rows.value(row, called);
        if (kind == "unit") side.units.insert(rows.number(row, unit));
        if (rows.is_null(row, key)) continue;
        const std::string_view text = rows.value(row, key);
        if (text.find(" a") != std::string_view::npos) reshaped_.insert(oid_of(text));
        side.names.emplace(text, rows.value(row, called));
    }
}

void ChangedUnits::add_written(const pg::Result& rows) {
    add(rows, after_);
    units_.insert(after_.units.begin(), after_.units.end());
}

/// What has no unit and was there before may be mentioned anywhere.
void ChangedUnits::add_overwritten(const pg::Result& rows) {
    const bool before = rest_;
    rest_ = false;
    add(rows, before_);
    units_.insert(before_.units.begin(), before_.units.end());
    if (rest_) all_ = true;
    rest_ = rest_ || before;
}

void ChangedUnits::add_dependents(const pg::Result& rows) {
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        if (rows.value(row, what) == "rest") {
            rest_ = true;
        } else {
            units_.insert(rows.number(row, unit));
        }
    }
}

std::set<std::int64_t> ChangedUnits::renamed() const {
    std::set<std::int64_t> oids;
    for (const auto& [text, name] : before_.names) {
        const auto now = after_.names.find(text);
        if (now != after_.names.end() && now->second != name) oids.insert(oid_of(text));
    }
    return oids;
}

std::set<std::int64_t> ChangedUnits::reshaped() const {
    std::set<std::int64_t> oids;
    std::set_intersection(reshaped_.begin(),
                          reshaped_.end(),
                          before_.units.begin(),
                          before_.units.end(),
                          std::inserter(oids, oids.end()));
    return oids;
}

}  // namespace poststack::catalog
