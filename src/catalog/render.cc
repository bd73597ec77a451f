// Differences as text and JSON (diff.h).
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "catalog/diff.h"
#include "catalog/line_diff.h"

namespace poststack::catalog {

namespace {

constexpr std::size_t long_line = 60;  ///< beyond it, before and after get a line each

char mark(ChangeType type) {
    switch (type) {
        case ChangeType::added: return '+';
        case ChangeType::removed: return '-';
        case ChangeType::changed: break;
    }
    return '~';
}

std::string plural(std::string_view noun, std::size_t count) {
    if (count == 1) return fmt::format("1 {}", noun);
    if (noun == "index") return fmt::format("{} indexes", count);
    if (noun.ends_with('s')) return fmt::format("{} {}", count, noun);
    if (noun.ends_with("cy"))
        return fmt::format("{} {}ies", count, noun.substr(0, noun.size() - 1));
    return fmt::format("{} {}s", count, noun);
}

/// What is folded into its parent, by the parent's label: kind -> number.
using Folded = std::map<std::string, std::map<Kind, std::size_t>>;

/// The outermost object added or removed together with `change`'s; "" when it stands alone.
std::string outermost(const Change& change, const std::map<std::string, const Change*>& by_label) {
    std::string top;
    for (const Change* at = &change;;) {
        const auto parent = by_label.find(at->object->parent);
        if (parent == by_label.end() || parent->second->type != change.type) return top;
        top = parent->first;
        at = parent->second;
    }
}

std::string folded_text(const std::map<Kind, std::size_t>& counts) {
    std::vector<std::string> texts;
    for (const auto& [kind, count] : counts)
        texts.push_back(plural(name(kind), count));
    return texts.empty() ? "" : fmt::format(" (with {})", join(texts, ", "));
}

void write_attribute(const AttributeChange& change, std::string& out) {
    const std::string before = change.before.value_or("(not set)");
    const std::string after = change.after.value_or("(not set)");
    const bool lines =
        before.find('\n') != std::string::npos || after.find('\n') != std::string::npos;
    if (lines && change.before && change.after) {
        out += fmt::format("    {}:\n", change.name);
        for (const std::string& line : line_diff(before, after))
            out += fmt::format("      {}\n", line);
    } else if (lines || before.size() + after.size() > long_line) {
        out += fmt::format("    {}:\n", change.name);
        for (const std::string_view line : split(before, '\n'))
            out += fmt::format("      - {}\n", line);
        for (const std::string_view line : split(after, '\n'))
            out += fmt::format("      + {}\n", line);
    } else {
        out += fmt::format("    {}: {} -> {}\n", change.name, before, after);
    }
}

Json attributes_json(const Change& change) {
    Json attributes = Json::object();
    if (change.type == ChangeType::changed) {
        for (const AttributeChange& attribute : change.attributes) {
            attributes[attribute.name] = {
                {"before", attribute.before ? Json(*attribute.before) : Json()},
                {"after", attribute.after ? Json(*attribute.after) : Json()}};
        }
    } else {
        for (const auto& [key, value] : change.object->attributes)
            attributes[key] = value;
    }
    return attributes;
}

}  // namespace

std::string to_text(const Diff& diff) {
    std::map<std::string, const Change*> by_label;
    for (const Change& change : diff.changes) {
        if (change.type != ChangeType::changed) by_label[change.object->label()] = &change;
    }
    Folded folded;
    std::set<const Change*> hidden;
    for (const Change& change : diff.changes) {
        if (change.type == ChangeType::changed) continue;
        const std::string top = outermost(change, by_label);
        if (top.empty()) continue;
        hidden.insert(&change);
        ++folded[top][change.object->kind];
    }
    std::string out;
    for (const Change& change : diff.changes) {
        if (hidden.contains(&change)) continue;
        const std::string label = change.object->label();
        out += fmt::format("{} {}{}\n", mark(change.type), label, folded_text(folded[label]));
        for (const AttributeChange& attribute : change.attributes)
            write_attribute(attribute, out);
    }
    return out;
}

Json to_json(const Diff& diff) {
    Json list = Json::array();
    for (const Change& change : diff.changes) {
        list.push_back(
            {{"change", name(change.type)},
             {"kind", name(change.object->kind)},
             {"name", change.object->identity},
             {"parent", change.object->parent.empty() ? Json() : Json(change.object->parent)},
             {"attributes", attributes_json(change)}});
    }
    return list;
}

std::string summary(const Diff& diff) {
    if (diff.empty()) return "no difference";
    std::map<ChangeType, std::size_t> counts;
    for (const Change& change : diff.changes)
        ++counts[change.type];
    std::vector<std::string> texts;
    for (const auto& [type, count] : counts)
        texts.push_back(fmt::format("{} {}", count, name(type)));
    return fmt::format("{} object{}: {}",
                       diff.changes.size(),
                       diff.changes.size() == 1 ? " differs" : "s differ",
                       join(texts, ", "));
}

}  // namespace poststack::catalog
