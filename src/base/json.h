// nlohmann::json, forward declared: only .cc files that build documents include the real header.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace poststack {

using Json = nlohmann::ordered_json;  // keys keep the order in which a command wrote them

}  // namespace poststack
