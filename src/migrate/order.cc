#include "migrate/order.h"

#include <algorithm>

#include "base/text.h"

namespace poststack::migrate {

bool OrderPolicy::allows(Version version) const noexcept {
    return allow_all || std::find(allowed.begin(), allowed.end(), version) != allowed.end();
}

OrderPolicy parse_order_policy(std::string_view text) {
    OrderPolicy policy;
    const std::string_view word = trim(text);
    if (word == "refuse" || word.empty()) return policy;
    if (word == "allow") {
        policy.allow_all = true;
        return policy;
    }
    for (const std::string_view version : split(word, ','))
        policy.allowed.push_back(parse_version(trim(version)));
    return policy;
}

}  // namespace poststack::migrate
