// Migrations that come late: not applied although a later version is.
#pragma once

#include <string_view>
#include <vector>

#include "migrate/files.h"

namespace poststack::migrate {

/// Which late migrations are applied after all.
struct OrderPolicy {
    bool allow_all = false;
    std::vector<Version> allowed = {};

    [[nodiscard]] bool allows(Version version) const noexcept;
};

/// Reads "refuse", "allow", or versions with commas between them. Errors: usage.
[[nodiscard]] OrderPolicy parse_order_policy(std::string_view text);

}  // namespace poststack::migrate
