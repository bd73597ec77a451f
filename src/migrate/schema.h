// Schema "poststack" as a whole: make, show, drop.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "migrate/apply.h"
#include "pg/connection.h"

namespace poststack::migrate {

enum class SchemaChange { created, upgraded, none };

/// Makes schema "poststack" with its tables, or brings an older layout up to date, under the
/// migration lock. Errors: as apply().
[[nodiscard]] SchemaChange create_schema(const pg::ConnInfo& target,
                                         std::chrono::milliseconds wait_limit,
                                         const ProgressCallback& on_progress);

struct SchemaTable {
    std::string name;
    std::int64_t rows = 0;
    std::uint64_t bytes = 0;                                   ///< with indexes
    std::vector<std::pair<std::string, std::string>> columns;  ///< name, type
};

struct SchemaReport {
    bool exists = false;
    int layout = 0;     ///< 0: no ledger of ours
    std::string owner;  ///< role
    std::vector<SchemaTable> tables;
    std::vector<std::string> foreign;  ///< objects in it that poststack did not make: "table x"
    std::vector<std::pair<std::string, std::string>> information;  ///< rows of system_info
};

/// Looks at the schema. Read only. Errors: denied, database.
[[nodiscard]] SchemaReport show_schema(pg::Connection& connection);

struct DropOptions {
    bool force = false;  ///< also with applied migrations or objects of others in it
    std::chrono::milliseconds wait_limit{60'000};
    ProgressCallback on_progress = {};
};

/// Drops the schema under the migration lock; false when there is none.
///
/// Errors: conflict, naming what is in it, while migrations are recorded or others' objects live in
///   it and `force` is not given; database (also: objects elsewhere depend on it).
[[nodiscard]] bool drop_schema(const pg::ConnInfo& target, const DropOptions& options);

}  // namespace poststack::migrate
