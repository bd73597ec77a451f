// Everything that can be found wrong with pending files before the first of them runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "migrate/files.h"
#include "migrate/header.h"
#include "migrate/script.h"

namespace poststack::migrate {

/// A pending file that was read from its first to its last byte.
struct CheckedFile {
    const MigrationFile* file = nullptr;
    ScriptPlan plan;
    std::string normalised_checksum;
    std::vector<std::string> warnings;  ///< what looks like a mistake in it or its rollback
};

/// Checks the files and their rollbacks. `standard_strings` is the session's setting.
/// Errors: config, as "path:line:column: ..." (check_script()); also a rollback that is not UTF-8,
///   which the ledger cannot keep; denied, io.
[[nodiscard]] std::vector<CheckedFile> check_files(const MigrationSet& set,
                                                   const std::vector<const MigrationFile*>& pending,
                                                   bool standard_strings);

/// The rollback of `file` as it is now; nothing when it has none. Errors: as check_files().
[[nodiscard]] std::optional<std::string> read_rollback(const MigrationSet& set,
                                                       const MigrationFile& file);

/// A rollback's text that was read from its first to its last byte.
struct CheckedRollback {
    Header header;
    ScriptPlan plan;
};

/// Checks a rollback's text. Its own "-- poststack:" lines count.
[[nodiscard]] CheckedRollback check_rollback(std::string_view text,
                                             const std::string& name,
                                             bool standard_strings,
                                             const SharedVariables& variables = {});

}  // namespace poststack::migrate
