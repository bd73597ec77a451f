// The schema of a running database, as the linter knows it.
#pragma once

#include "lint/schema.h"
#include "pg/connection.h"

namespace poststack::lint {

/// Reads tables with their sizes, columns, constraints and indexes, domains, enums and functions,
/// in one read-only transaction. Sees what the role may see. Errors: database.
[[nodiscard]] Schema load_schema(pg::Connection& connection);

}  // namespace poststack::lint
