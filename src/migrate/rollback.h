// Undoing applied migrations, newest first.
#pragma once

#include <optional>
#include <string>

#include "migrate/apply.h"

namespace poststack::migrate {

struct RollbackOptions {
    /// Undo everything newer than this version, which stays applied ("0": everything); without it
    /// the newest alone.
    std::optional<std::string> target = {};
    bool use_files = false;  ///< run the rollback files as they are now, not the recorded text
    bool dry_run = false;
    RunOptions run = {};
};

struct RollbackResult {
    std::vector<MigrationStep> steps;  ///< undone now, or planned with dry_run, newest first
    std::size_t left_applied = 0;
    std::vector<std::string> warnings;
    std::vector<ServerNotice> notices;  ///< at most twenty of each text
    bool dry_run = false;
};

/// Undoes applied migrations with the rollback text the ledger recorded when each was applied; a
/// file that differs from it is named in the warnings and not used (RollbackOptions::use_files).
///
/// Every text needed is there and checked before the first is run. One transaction a file.
/// Errors: as apply(); not_found for a target that is not applied; conflict when a migration was
///   applied without a rollback and no file provides one now.
[[nodiscard]] RollbackResult rollback(const pg::ConnInfo& target,
                                      const std::filesystem::path& directory,
                                      const RollbackOptions& options = {});

}  // namespace poststack::migrate
