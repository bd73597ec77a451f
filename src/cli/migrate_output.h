// What migrate and rollback show while they work and at the end.
#pragma once

#include <string_view>

#include "base/json.h"
#include "cli/context.h"
#include "migrate/apply.h"

namespace poststack::cli {

/// Prints each finished file to `out` (text) and, on a terminal, the running one to `err`.
/// `verb` is "applied" or "undone"; lines begin with the name of `schema`, unless it is empty.
[[nodiscard]] migrate::ProgressCallback show_progress(Context& context,
                                                      std::string_view verb,
                                                      const std::string& schema = {});

/// "acme: ", "" for the database's own ledger.
[[nodiscard]] std::string schema_prefix(const std::string& schema);

[[nodiscard]] Json steps_json(const std::vector<migrate::MigrationStep>& steps);

/// What the server said, with the place in the file.
[[nodiscard]] Json notices_json(const std::vector<migrate::ServerNotice>& notices);

/// The lines of a dry run: "would apply 002_add_users.sql".
void print_plan(Context& context,
                std::string_view verb,
                const std::vector<migrate::MigrationStep>& steps);

/// Tells the warnings, unless they go into a JSON document.
void say_warnings(Context& context, const std::vector<std::string>& warnings);

/// "1 migration", "3 migrations".
[[nodiscard]] std::string count_migrations(std::size_t count);

}  // namespace poststack::cli
