#include "lint/types.h"

#include <array>
#include <cstddef>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "lint/names.h"

namespace poststack::lint {
namespace {

constexpr int all_fields = 32767;
constexpr int most_digits_of_seconds = 6;

using Pair = std::pair<std::string_view, std::string_view>;

/// Names that are typed without the grammar knowing them as a type of its own.
constexpr std::array<Pair, 6> internal_names = {{{"serial4", "serial"},
                                                 {"serial8", "bigserial"},
                                                 {"serial2", "smallserial"},
                                                 {"character varying", "varchar"},
                                                 {"integer", "int4"},
                                                 {"bigint", "int8"}}};

constexpr std::array<Pair, 12> spoken_names = {{{"int2", "smallint"},
                                                {"int4", "integer"},
                                                {"int8", "bigint"},
                                                {"float4", "real"},
                                                {"float8", "double precision"},
                                                {"bool", "boolean"},
                                                {"bpchar", "char"},
                                                {"timestamptz", "timestamptz"},
                                                {"timetz", "timetz"},
                                                {"varbit", "bit varying"},
                                                {"timestamp", "timestamp"},
                                                {"interval", "interval"}}};

/// Pairs whose bytes are the same, so that the rows stay as they are.
constexpr std::array<Pair, 9> same_bytes = {{{"varchar", "text"},
                                             {"text", "varchar"},
                                             {"citext", "text"},
                                             {"text", "citext"},
                                             {"varchar", "citext"},
                                             {"citext", "varchar"},
                                             {"cidr", "inet"},
                                             {"xml", "text"},
                                             {"int4", "oid"}}};

template <std::size_t N>
std::string_view look_up(const std::array<Pair, N>& table, std::string_view name) noexcept {
    for (const Pair& pair : table) {
        if (pair.first == name) return pair.second;
    }
    return name;
}

/// Whether values under `from` fit under `to` without being looked at: no limit, or a wider one.
bool widens(const Type& from, const Type& to) noexcept {
    if (to.mods.empty()) return true;
    if (from.mods.empty()) return false;
    if (to.name == "numeric") {
        const auto scale = [](const Type& type) { return type.mods.size() > 1 ? type.mods[1] : 0; };
        return to.mods[0] >= from.mods[0] && scale(to) == scale(from);
    }
    // "interval hour to minute": fields, not a precision.
    if (to.name == "interval" && to.mods[0] > most_digits_of_seconds) return false;
    return to.mods[0] >= from.mods[0];
}

bool has_free_widening(std::string_view name) noexcept {
    return name == "varchar" || name == "numeric" || name == "varbit" || name == "timestamp" ||
           name == "timestamptz" || name == "time" || name == "timetz" || name == "interval";
}

}  // namespace

Type read_type(Node type_name) {
    if (type_name.type() == "TypeName") type_name = type_name.body();
    std::vector<std::string> parts = texts(type_name["names"]);
    if (!parts.empty() && parts.front() == "pg_catalog") parts.erase(parts.begin());
    Type type;
    if (!parts.empty()) {
        type.name = object_name(parts.size() > 1 ? parts[parts.size() - 2] : "", parts.back());
    }
    type.name = look_up(internal_names, type.name);
    type.is_array = type_name["arrayBounds"].size() > 0;
    for (const Node mod : type_name["typmods"])
        type.mods.push_back(static_cast<int>(mod.as("A_Const")["ival"]["ival"].number()));
    // interval(3) comes with 32767, which stands for all fields, in front.
    if (type.name == "interval" && type.mods.size() == 2 && type.mods[0] == all_fields) {
        type.mods.erase(type.mods.begin());
    }
    return type;
}

std::string to_text(const Type& type) {
    std::string text(look_up(spoken_names, type.name));
    if (!type.mods.empty()) text += fmt::format("({})", fmt::join(type.mods, ","));
    if (type.is_array) text += "[]";
    return text;
}

bool is_serial(const Type& type) noexcept {
    return type.name == "serial" || type.name == "bigserial" || type.name == "smallserial";
}

bool is_free_change(const Type& from, const Type& to) noexcept {
    if (from == to) return true;
    if (from.is_array || to.is_array) return false;
    if (from.name == to.name) return has_free_widening(to.name) && widens(from, to);
    for (const Pair& pair : same_bytes) {
        if (pair.first == from.name && pair.second == to.name) return to.mods.empty();
    }
    return false;
}

bool is_unlimited_text(const Type& type) noexcept {
    return (type.name == "text" || type.name == "varchar") && type.mods.empty();
}

}  // namespace poststack::lint
