// "-- poststack: max-lock MODE": which locks a migration may take on tables that others use.
#pragma once

#include <string>

#include "migrate/lock_level.h"
#include "migrate/position.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// Looks at the locks the open transaction of `work` holds. `other` is another session: tables it
/// cannot see were made by the transaction and are nobody's yet.
///
/// Errors: conflict, placed at `at` in `file`, for a lock on a table that is stronger than `limit`.
void check_locks(pg::Connection& work,
                 pg::Connection& other,
                 LockLevel limit,
                 const std::string& file,
                 const TextPosition& at);

}  // namespace poststack::migrate
