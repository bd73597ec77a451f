#include "engine/json_fields.h"

#include <nlohmann/json.hpp>

namespace poststack::engine {
namespace {

const Json* find(const Json& parent, const char* key) {
    if (!parent.is_object()) return nullptr;
    const auto at = parent.find(key);
    return at == parent.end() ? nullptr : &*at;
}

}  // namespace

std::string text(const Json& object, const char* key) {
    const Json* value = find(object, key);
    return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::string scalar_text(const Json& object, const char* key) {
    const Json* value = find(object, key);
    if (value != nullptr && value->is_number_integer()) {
        return std::to_string(value->get<std::int64_t>());
    }
    return text(object, key);
}

std::int64_t number(const Json& object, const char* key) {
    const Json* value = find(object, key);
    if (value == nullptr || !value->is_number()) return 0;
    if (value->is_number_unsigned()) {
        // Memory limits come as 2^64-1 for "none".
        const auto large = value->get<std::uint64_t>();
        return static_cast<std::int64_t>(large > INT64_MAX ? INT64_MAX : large);
    }
    return value->is_number_integer() ? value->get<std::int64_t>()
                                      : static_cast<std::int64_t>(value->get<double>());
}

bool flag(const Json& object, const char* key) {
    const Json* value = find(object, key);
    return value != nullptr && value->is_boolean() && value->get<bool>();
}

const Json& object(const Json& parent, const char* key) {
    static const Json none = Json::object();
    const Json* value = find(parent, key);
    return value != nullptr && value->is_object() ? *value : none;
}

const Json& list(const Json& parent, const char* key) {
    static const Json none = Json::array();
    const Json* value = find(parent, key);
    return value != nullptr && value->is_array() ? *value : none;
}

std::vector<std::string> strings(const Json& parent, const char* key) {
    std::vector<std::string> found;
    for (const Json& item : list(parent, key)) {
        if (item.is_string()) found.push_back(item.get<std::string>());
    }
    return found;
}

std::map<std::string, std::string> string_map(const Json& parent, const char* key) {
    std::map<std::string, std::string> found;
    for (const auto& [name, value] : object(parent, key).items()) {
        if (value.is_string()) found.emplace(name, value.get<std::string>());
    }
    return found;
}

}  // namespace poststack::engine
