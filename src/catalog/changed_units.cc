#include "catalog/changed_units.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

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

Family parse_family(std::string_view text) noexcept {
    if (text == "relation") return Family::relation;
    if (text == "type") return Family::type;
    return text == "routine" ? Family::routine : Family::whole;
}

std::size_t index_of(Family family) noexcept {
    return static_cast<std::size_t>(family);
}

}  // namespace

void ChangedUnits::add(const pg::Result& rows, Side& side) {
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        const std::string_view kind = rows.value(row, what);
        if (kind == "all") all_ = true;
        if (kind == "rest") rest_ = true;
        const Family family = parse_family(kind);
        if (family != Family::whole) side.units[index_of(family)].insert(rows.number(row, unit));
        if (rows.is_null(row, key)) continue;
        const std::string_view text = rows.value(row, key);
        if (text.find(" a") != std::string_view::npos) reshaped_.insert(oid_of(text));
        side.names.emplace(text, rows.value(row, called));
    }
    for (std::size_t family = 0; family < units_.size(); ++family)
        units_[family].insert(side.units[family].begin(), side.units[family].end());
}

void ChangedUnits::add_written(const pg::Result& rows) {
    add(rows, after_);
}

/// What has no unit and was there before may be mentioned anywhere.
void ChangedUnits::add_overwritten(const pg::Result& rows) {
    const bool before = rest_;
    rest_ = false;
    add(rows, before_);
    if (rest_) all_ = true;
    rest_ = rest_ || before;
}

void ChangedUnits::add_dependents(const pg::Result& rows) {
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        const Family family = parse_family(rows.value(row, what));
        if (family == Family::whole) {
            rest_ = true;
        } else {
            units_[index_of(family)].insert(rows.number(row, unit));
        }
    }
}

bool ChangedUnits::empty() const noexcept {
    return !all_ && !rest_ &&
           std::all_of(units_.begin(), units_.end(), [](const Oids& oids) { return oids.empty(); });
}

const Oids& ChangedUnits::units(Family family) const noexcept {
    return units_[index_of(family)];
}

const Oids& ChangedUnits::units_before(Family family) const noexcept {
    return before_.units[index_of(family)];
}

bool ChangedUnits::is_dropped(Family family, std::int64_t oid) const {
    constexpr std::array<std::string_view, 4> tables = {"", "pg_class", "pg_type", "pg_proc"};
    const std::string own_row = fmt::format("{} {}", oid, tables.at(index_of(family)));
    return before_.names.contains(own_row) && !after_.names.contains(own_row);
}

Oids ChangedUnits::dropped(Family family) const {
    Oids oids = units(family);
    std::erase_if(oids, [&](std::int64_t oid) { return !is_dropped(family, oid); });
    return oids;
}

bool ChangedUnits::covers(const Object& object) const {
    if (all_) return true;
    if (object.unit == 0) return rest_;
    return units(family_of(object.kind)).contains(object.unit);
}

Oids ChangedUnits::renamed() const {
    Oids oids;
    for (const auto& [text, name] : before_.names) {
        const auto now = after_.names.find(text);
        if (now != after_.names.end() && now->second != name) oids.insert(oid_of(text));
    }
    return oids;
}

Oids ChangedUnits::reshaped() const {
    Oids oids;
    const Oids& before = units_before(Family::relation);
    std::set_intersection(reshaped_.begin(),
                          reshaped_.end(),
                          before.begin(),
                          before.end(),
                          std::inserter(oids, oids.end()));
    // What was built on a dropped one was dropped or changed with it.
    std::erase_if(oids, [&](std::int64_t oid) { return is_dropped(Family::relation, oid); });
    return oids;
}

}  // namespace poststack::catalog
