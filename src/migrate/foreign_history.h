// What other tools have recorded in a database about the migrations they applied.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "migrate/foreign_files.h"
#include "pg/connection.h"

namespace poststack::migrate {

struct ForeignRow {
    std::string key;         ///< as ForeignFile::key
    std::string applied_at;  ///< as PostgreSQL writes a timestamptz; "" when the tool does not say
    bool failed = false;     ///< the tool says that it did not get through
    bool covers_older = false;  ///< it stands for all files before it, too (a baseline)
};

/// The last run of a repeatable file (Flyway).
struct ForeignRepeatable {
    std::string script;         ///< the file's name: "R__views.sql"
    std::int64_t checksum = 0;  ///< as flyway_checksum()
    std::string applied_at;
};

struct ForeignHistory {
    Tool tool = Tool::poststack;
    std::string table;             ///< "public.schema_migrations"
    std::vector<ForeignRow> rows;  ///< what is applied now, in the tool's order
    std::vector<ForeignRepeatable> repeatables = {};
};

/// Every history there is in any schema but ours. Read only.
/// Errors: denied, for a table this role may not read; database.
[[nodiscard]] std::vector<ForeignHistory> find_histories(pg::Connection& connection);

}  // namespace poststack::migrate
