// Which files a run of the linter reads and which it reports on.
#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "lint/linter.h"

namespace poststack::lint {

/// How a path is shown.
using Display = std::function<std::string(const std::filesystem::path&)>;

/// Every migration of a directory with its rollback, oldest first, and the repeatable files behind.
/// Errors: as migrate::read_migrations().
[[nodiscard]] std::vector<LintPair> pairs_of_directory(const std::filesystem::path& directory,
                                                       const Display& display);

/// The files and directories that were named. A migration brings the others of its directory
/// along, unreported, because what a statement does depends on what is there; any other SQL file
/// stands alone. Errors: not_found; as migrate::read_migrations() for directories.
[[nodiscard]] std::vector<LintPair> pairs_of_files(const std::vector<std::string>& files,
                                                   const Display& display);

/// Leaves out the migrations whose file name, without ".sql", is in `applied`: a live database has
/// what they made. With `keep_reported` those that are reported on stay.
void leave_out_applied(std::vector<LintPair>& pairs,
                       const std::set<std::string>& applied,
                       bool keep_reported);

}  // namespace poststack::lint
