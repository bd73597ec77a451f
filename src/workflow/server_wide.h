// Which migrations may do something outside of their database.
#pragma once

#include <string_view>

#include "migrate/files.h"

namespace poststack::workflow {

/// True when a word of `text` could belong to a statement that changes the server or another
/// database: CREATE ROLE, ALTER SYSTEM, dblink_exec(...). Comments and strings count: a DO block
/// may run them.
[[nodiscard]] bool mentions_server(std::string_view text);

/// True for a migration whose text or rollback does. Errors: denied, io for a file that cannot be
/// read.
[[nodiscard]] bool may_change_server(const migrate::MigrationSet& set,
                                     const migrate::MigrationFile& file);

}  // namespace poststack::workflow
