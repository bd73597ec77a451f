#include "catalog/diff.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/text.h"

namespace poststack::catalog {

namespace {

std::vector<AttributeChange> compare(const Object& before, const Object& after) {
    std::vector<AttributeChange> changes;
    for (const auto& [key, value] : before.attributes) {
        const std::string* now = after.find(key);
        if (now == nullptr) {
            changes.push_back({key, value, std::nullopt});
        } else if (*now != value) {
            changes.push_back({key, value, *now});
        }
    }
    for (const auto& [key, value] : after.attributes) {
        if (before.find(key) == nullptr) changes.push_back({key, std::nullopt, value});
    }
    if (before.parent != after.parent)
        changes.push_back({"belongs to",
                           before.parent.empty() ? std::nullopt : std::optional(before.parent),
                           after.parent.empty() ? std::nullopt : std::optional(after.parent)});
    return changes;
}

/// The lines of `list` that are in `others`, in the order of `list`.
std::string common_lines(const std::string& list, const std::string& others) {
    const std::vector<std::string_view> known = split(others, '\n');
    const std::set<std::string_view> wanted(known.begin(), known.end());
    std::vector<std::string> kept;
    for (const std::string_view line : split(list, '\n')) {
        if (wanted.contains(line)) kept.emplace_back(line);
    }
    return join(kept, ", ");
}

/// Reduces a change of column lists to the columns that both have.
std::vector<AttributeChange> compare_order(const Object& before, const Object& after) {
    const std::string* old_list = before.find("columns");
    const std::string* new_list = after.find("columns");
    if (old_list == nullptr || new_list == nullptr) return {};
    std::string old_order = common_lines(*old_list, *new_list);
    std::string new_order = common_lines(*new_list, *old_list);
    if (old_order == new_order) return {};
    return {{"columns", std::move(old_order), std::move(new_order)}};
}

void add_changed(const ObjectPtr& before, const ObjectPtr& after, std::vector<Change>& changes) {
    if (before == after || *before == *after) return;
    auto attributes = before->kind == Kind::column_order ? compare_order(*before, *after)
                                                         : compare(*before, *after);
    if (!attributes.empty()) changes.push_back({ChangeType::changed, after, std::move(attributes)});
}

/// The order of columns comes and goes with its table: no difference of its own.
void add_alone(ChangeType type, const ObjectPtr& object, std::vector<Change>& changes) {
    if (object->kind != Kind::column_order) changes.push_back({type, object, {}});
}

}  // namespace

std::string_view name(ChangeType type) noexcept {
    switch (type) {
        case ChangeType::added: return "added";
        case ChangeType::removed: return "removed";
        case ChangeType::changed: break;
    }
    return "changed";
}

bool Diff::is_column_order_only() const noexcept {
    return !changes.empty() &&
           std::all_of(changes.begin(), changes.end(), [](const Change& change) {
               return change.object->kind == Kind::column_order;
           });
}

Diff diff(const Fingerprint& before, const Fingerprint& after) {
    Diff result;
    auto old_one = before.objects().begin();
    auto new_one = after.objects().begin();
    const auto old_end = before.objects().end();
    const auto new_end = after.objects().end();
    const auto key = [](const ObjectPtr& object) {
        return std::tie(object->kind, object->identity);
    };
    while (old_one != old_end || new_one != new_end) {
        if (old_one != old_end && new_one != new_end && *old_one == *new_one) {
            ++old_one;
            ++new_one;
        } else if (new_one == new_end || (old_one != old_end && key(*old_one) < key(*new_one))) {
            add_alone(ChangeType::removed, *old_one++, result.changes);
        } else if (old_one == old_end || key(*new_one) < key(*old_one)) {
            add_alone(ChangeType::added, *new_one++, result.changes);
        } else {
            add_changed(*old_one++, *new_one++, result.changes);
        }
    }
    return result;
}

}  // namespace poststack::catalog
