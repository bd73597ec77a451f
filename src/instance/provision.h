// Role, database and extensions in line with the credentials.
#pragma once

#include <string>
#include <vector>

#include "base/secret.h"
#include "pg/connection.h"
#include "pg/conninfo.h"

namespace poststack::instance {

struct ProvisionPlan {
    std::string role;
    Secret password;
    std::string database;
    std::vector<std::string> extensions;
    bool may_set_password =
        false;  ///< a data directory made just now: nobody else's password is lost
};

struct ProvisionResult {
    bool role_created = false;
    bool password_set = false;
    bool database_created = false;
    std::vector<std::string> extensions_created;

    [[nodiscard]] bool changed() const noexcept {
        return role_created || password_set || database_created || !extensions_created.empty();
    }
};

/// Makes what is missing over one superuser session; existing roles keep their password unless
/// `may_set_password`. Errors: database; denied when an existing role has another password than
/// ours (the way out is in the hint).
ProvisionResult provision(const pg::ConnInfo& superuser_login, const ProvisionPlan& plan);

}  // namespace poststack::instance
