#include "lint/names.h"

#include <algorithm>

#include <fmt/format.h>

namespace poststack::lint {

std::string object_name(std::string_view schema, std::string_view name) {
    if (schema.empty() || schema == "public") return std::string(name);
    return fmt::format("{}.{}", schema, name);
}

std::string relation_name(Node range_var) {
    if (range_var.type() == "RangeVar") range_var = range_var.body();
    return object_name(range_var["schemaname"].text(), range_var["relname"].text());
}

std::vector<std::string> texts(Node list) {
    std::vector<std::string> found;
    for (const Node item : list)
        found.emplace_back(item.as("String")["sval"].text());
    return found;
}

namespace {

std::string join_last_two(const std::vector<std::string>& parts) {
    if (parts.empty()) return {};
    // A database's name may stand in front; it is the current one.
    return object_name(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
}

}  // namespace

std::string dotted_name(Node list) {
    return join_last_two(texts(list));
}

std::string dropped_name(Node object) {
    const std::string_view type = object.type();
    const Node body = object.body();
    if (type == "List") return dotted_name(body["items"]);
    if (type == "TypeName") return dotted_name(body["names"]);
    if (type == "ObjectWithArgs") return dotted_name(body["objname"]);
    return std::string(body["sval"].text());
}

Owned owned_name(Node list) {
    std::vector<std::string> parts = texts(list);
    if (parts.empty()) return {};
    std::string name = std::move(parts.back());
    parts.pop_back();
    return {join_last_two(parts), std::move(name)};
}

std::string_view schema_of(std::string_view name) noexcept {
    const std::size_t dot = name.find('.');
    return dot == std::string_view::npos ? std::string_view("public") : name.substr(0, dot);
}

std::string_view bare_name(std::string_view name) noexcept {
    return name.substr(name.find('.') + 1);
}

std::string quoted_list(const std::vector<std::string>& names) {
    constexpr std::size_t shown = 3;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), shown); ++i)
        text += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", names[i]);
    if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
    return text;
}

Node find_option(Node options, std::string_view name) noexcept {
    for (const Node option : options) {
        const Node element = option.as("DefElem");
        if (element["defname"].text() == name) return element["arg"];
    }
    return {};
}

bool has_option(Node options, std::string_view name) noexcept {
    return std::any_of(options.begin(), options.end(), [&](Node option) {
        return option.as("DefElem")["defname"].text() == name;
    });
}

}  // namespace poststack::lint
