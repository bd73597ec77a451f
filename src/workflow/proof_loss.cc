// Which rows a rollback cannot bring back (prove.h).
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "workflow/prove.h"

namespace poststack::workflow {

namespace {

using catalog::Fingerprint;
using catalog::Kind;
using catalog::Object;
using catalog::ObjectPtr;

using Storage = std::pair<std::int64_t, std::int64_t>;

Storage storage_of(const Object& object) {
    return {object.storage_oid, object.storage_number};
}

/// "character varying(20)" -> "character varying", 20.
std::pair<std::string_view, std::optional<std::int64_t>> split_type(std::string_view type) {
    const std::size_t open = type.find('(');
    if (open == std::string_view::npos || !type.ends_with(')')) return {type, std::nullopt};
    return {type.substr(0, open), parse_integer(type.substr(open + 1, type.size() - open - 2))};
}

/// True when every value of type `from` is a value of type `to` and comes back unchanged.
bool holds_all_values(std::string_view from, std::string_view to) {
    constexpr std::array<std::string_view, 4> integers = {
        "smallint", "integer", "bigint", "numeric"};
    const auto rank = [&](std::string_view type) {
        return std::find(integers.begin(), integers.end(), type) - integers.begin();
    };
    if (rank(from) < 4 && rank(to) < 4) return rank(from) <= rank(to);
    const auto [from_name, from_size] = split_type(from);
    const auto [to_name, to_size] = split_type(to);
    constexpr std::string_view varying = "character varying";
    if (from_name != varying) return false;
    if (to_name == "text") return true;
    return to_name == varying && (!to_size || (from_size && *from_size <= *to_size));
}

/// True for tables and columns that hold rows of their own.
bool holds_rows(const Object& object) {
    if (object.kind == Kind::table) return object.find("partition key") == nullptr;
    return object.kind == Kind::column && object.parent.starts_with("table ") &&
           object.find("generated") == nullptr;
}

std::vector<ObjectPtr> holders_not_shared(const Fingerprint& left, const Fingerprint& right) {
    std::vector<ObjectPtr> found = catalog::not_shared(left, right);
    std::erase_if(found, [](const ObjectPtr& object) { return !holds_rows(*object); });
    return found;
}

/// "values of column public.t.a (integer to text)" when `between` could not hold all of them.
std::string lost_values(const Object& before, const Object& between) {
    const std::string* old_type = before.find("type");
    const std::string* new_type = between.find("type");
    if (old_type == nullptr || new_type == nullptr || *old_type == *new_type ||
        holds_all_values(*old_type, *new_type))
        return "";
    return fmt::format("values of {} ({} to {})", before.label(), *old_type, *new_type);
}

}  // namespace

std::vector<std::string> find_lost(const Fingerprint& before,
                                   const Fingerprint& between,
                                   const Fingerprint& after) {
    // What all three share was not touched: only the rest is looked at, and it is little.
    std::map<std::string, ObjectPtr> back;
    for (const ObjectPtr& object : holders_not_shared(after, before))
        back.emplace(object->label(), object);
    std::map<Storage, ObjectPtr> meanwhile;
    for (const ObjectPtr& object : holders_not_shared(between, before))
        meanwhile.emplace(storage_of(*object), object);
    std::vector<ObjectPtr> touched = holders_not_shared(before, after);
    const std::set<ObjectPtr> not_in_after(touched.begin(), touched.end());
    for (ObjectPtr& object : holders_not_shared(before, between)) {
        if (!not_in_after.contains(object)) touched.push_back(std::move(object));
    }
    std::sort(touched.begin(), touched.end(), catalog::comes_before);
    std::set<std::string> tables;
    std::vector<std::string> lost;
    for (const ObjectPtr& object : touched) {
        const std::string label = object->label();
        const bool kept = !not_in_after.contains(object);
        const auto found = back.find(label);
        if (!kept && found == back.end()) continue;
        if (tables.contains(object->parent)) continue;
        if (!kept && storage_of(*found->second) != storage_of(*object)) {
            if (object->kind == Kind::table) tables.insert(label);
            lost.push_back(label);
            continue;
        }
        const auto then = meanwhile.find(storage_of(*object));
        if (object->kind != Kind::column || then == meanwhile.end()) continue;
        std::string values = lost_values(*object, *then->second);
        if (!values.empty()) lost.push_back(std::move(values));
    }
    return lost;
}

}  // namespace poststack::workflow
