// Which rows a rollback cannot bring back (prove.h).
#include <algorithm>
#include <array>
#include <map>
#include <optional>
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

/// Tables and columns that hold rows of their own, by label.
std::map<std::string, const Object*> holders(const Fingerprint& fingerprint) {
    std::map<std::string, const Object*> found;
    for (const ObjectPtr& object : fingerprint.objects()) {
        const bool table = object->kind == Kind::table && object->find("partition key") == nullptr;
        const bool column = object->kind == Kind::column && object->parent.starts_with("table ") &&
                            object->find("generated") == nullptr;
        if (table || column) found.emplace(object->label(), object.get());
    }
    return found;
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

}  // namespace

std::vector<std::string> find_lost(const Fingerprint& before,
                                   const Fingerprint& between,
                                   const Fingerprint& after) {
    const auto back = holders(after);
    std::map<Storage, const Object*> meanwhile;
    for (const auto& [label, object] : holders(between))
        meanwhile.emplace(storage_of(*object), object);
    std::vector<std::string> lost;
    for (const ObjectPtr& object : before.objects()) {
        const std::string label = object->label();
        const auto found = back.find(label);
        if (found == back.end()) continue;
        if (object->kind == Kind::column &&
            std::find(lost.begin(), lost.end(), object->parent) != lost.end())
            continue;
        if (storage_of(*found->second) != storage_of(*object)) {
            lost.push_back(label);
            continue;
        }
        const auto kept = meanwhile.find(storage_of(*object));
        if (object->kind != Kind::column || kept == meanwhile.end()) continue;
        const std::string* old_type = object->find("type");
        const std::string* new_type = kept->second->find("type");
        if (old_type == nullptr || new_type == nullptr || *old_type == *new_type) continue;
        if (!holds_all_values(*old_type, *new_type))
            lost.push_back(fmt::format("values of {} ({} to {})", label, *old_type, *new_type));
    }
    return lost;
}

}  // namespace poststack::workflow
