// Reading fields of the engines' documents: absent, null and of another type are all "nothing".

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"

namespace poststack::engine {

[[nodiscard]] std::string text(const Json& object, const char* key);
/// As text, also of a number.
[[nodiscard]] std::string scalar_text(const Json& object, const char* key);
[[nodiscard]] std::int64_t number(const Json& object, const char* key);
[[nodiscard]] bool flag(const Json& object, const char* key);
/// An object; an empty one when there is none.
[[nodiscard]] const Json& object(const Json& parent, const char* key);
/// An array; an empty one when there is none.
[[nodiscard]] const Json& list(const Json& parent, const char* key);
[[nodiscard]] std::vector<std::string> strings(const Json& parent, const char* key);
[[nodiscard]] std::map<std::string, std::string> string_map(const Json& parent, const char* key);

}  // namespace poststack::engine
