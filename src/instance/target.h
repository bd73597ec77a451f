// Which database a command talks to (PRODUCT.md, "Settings").
#pragma once

#include <optional>
#include <string>

#include "base/url.h"
#include "config/settings.h"
#include "pg/conninfo.h"

namespace poststack::instance {

struct Target {
    DatabaseUrl url;
    std::string origin;         ///< "--url", "DATABASE_URL in .env:4", "the project's own stack"
    bool is_own_stack = false;  ///< it is the database that `up` makes
};

struct TargetQuery {
    const config::Project& project;
    const config::Settings& settings;
    const config::EnvFile& env;
    const config::Environment& environment;
    std::optional<std::string> url_flag = {};  ///< --url
};

/// The database's address, first that is set: --url; POSTSTACK_DATABASE_URL; DATABASE_URL; the
/// project's URL variable; POSTGRES_HOST/PORT/DB/USER/PASSWORD; the stack itself. The environment
/// goes before .env for each name.
///
/// Errors: config when two of one source contradict each other (both named) or a URL is broken;
/// not_found when nothing is set and there are no credentials yet (the hint names `init`, `up`).
[[nodiscard]] Target find_target(const TargetQuery& query);

/// The same as a login, with connect_timeout and application name set.
[[nodiscard]] pg::ConnInfo to_login(const Target& target, const config::Settings& settings);

}  // namespace poststack::instance
