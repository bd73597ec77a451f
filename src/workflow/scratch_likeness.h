// Makes a scratch server look like the project's own where migrations may notice.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pg/connection.h"

namespace poststack::workflow {

/// The server settings that ALTER SYSTEM gave `server`, but for what belongs to its place, its
/// durability and its copies. Needs a superuser's session.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> altered_settings(
    pg::Connection& server);

/// Makes the roles of `from` in `to`, with their attributes, memberships and settings, but without
/// passwords; what exists there already is left alone. Needs superusers' sessions.
void copy_roles(pg::Connection& from, pg::Connection& to);

}  // namespace poststack::workflow
