// Is an applied file that differs from what was applied another migration, or the same one written
// otherwise?
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "migrate/files.h"
#include "migrate/plan.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// What the ledger holds about one applied file, beyond LedgerEntry.
struct RecordedFile {
    std::string normalised_checksum;  ///< "" in rows of a poststack before layout 3
    std::string token_checksum;       ///< likewise
    bool missing_accepted = false;
};

/// The checksums of a file as it is now.
struct FileChecksums {
    std::string normalised;
    std::string tokens;
};

/// Reads the whole file. Errors: config, as "path:line:column: ...", for what is no SQL.
[[nodiscard]] FileChecksums compute_checksums(const MigrationSet& set,
                                              const MigrationFile& file,
                                              bool standard_strings);

/// Moves what does not count out of `plan`: files with a cosmetic change (the same but for line
/// ends, or the same tokens) and missing ones that "database repair" accepted. Asks the ledger only
/// when there is something to judge.
void judge_changes(pg::Connection& connection,
                   const MigrationSet& set,
                   const Ledger& ledger,
                   Plan& plan);

}  // namespace poststack::migrate
