// SQL that runs around migrations: hooks/before_migrate.sql and its like beside the files.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/files.h"
#include "migrate/script.h"
#include "pg/connection.h"

namespace poststack::migrate {

struct HookScript {
    std::string file_name;  ///< "hooks/before_each.sql"
    std::string name;       ///< its path, for messages
    std::string text;
    ScriptPlan plan;
    std::optional<std::chrono::milliseconds> lock_timeout;
};

struct Hooks {
    std::optional<HookScript> before_migrate;  ///< a transaction of its own, before the first file
    std::optional<HookScript> after_migrate;   ///< likewise, behind the last one
    std::optional<HookScript> before_each;     ///< in the transaction of each file, before its text
    std::optional<HookScript> after_each;      ///< likewise, behind its text
    std::vector<std::string> warnings;         ///< files of other names in hooks/

    [[nodiscard]] bool wraps_files() const noexcept { return before_each || after_each; }
};

/// Reads and checks the hooks of a directory of migrations; none when it has no hooks/.
/// Errors: config, as "path:line:column: ...", as for migrations; for a no-transaction hook; io.
[[nodiscard]] Hooks read_hooks(const MigrationSet& set, bool standard_strings);

/// Sets poststack.file to `file_name` up to the end of the transaction.
[[nodiscard]] std::string hook_setting_sql(std::string_view file_name);

/// Runs `hook` in the open transaction; the setting poststack.file holds `file_name`.
/// Errors: as replay().
void run_hook(pg::Connection& connection, const HookScript& hook, std::string_view file_name);

}  // namespace poststack::migrate
