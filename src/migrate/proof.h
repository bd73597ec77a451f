// Proofs of rollbacks in the ledger: which pairs of files were proven.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/files.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// What names a pair in its proof: SHA-256 of the migration's text and, when it has a rollback, a
/// zero byte and the rollback's text.
[[nodiscard]] std::string pair_checksum(std::string_view migration,
                                        const std::optional<std::string>& rollback);

/// One row of poststack.migration_proofs.
struct ProofRecord {
    std::string checksum;  ///< pair_checksum()
    Version version;
    std::string file_name;
    std::string verdict;  ///< "lossless", "lossy", "irreversible"
    bool column_order = false;
    std::vector<std::string> lost;
    int server_version = 0;
};

/// Writes `proofs` into the ledger, which must exist in the newest layout; a pair that was proven
/// before gets the newer proof. Errors: database; denied.
void record_proofs(pg::Connection& connection, const std::vector<ProofRecord>& proofs);

/// Those of `files` whose present text and rollback have no proof in the ledger; all of them when
/// there is no ledger. Errors: denied, io when a file cannot be read.
[[nodiscard]] std::vector<const MigrationFile*> find_unproven(
    pg::Connection& connection,
    const MigrationSet& set,
    const std::vector<const MigrationFile*>& files);

/// Throws conflict, naming them, when some of `files` are not proven.
void require_proofs(pg::Connection& connection,
                    const MigrationSet& set,
                    const std::vector<const MigrationFile*>& files);

}  // namespace poststack::migrate
