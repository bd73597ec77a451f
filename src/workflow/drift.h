// What a database has that its migrations do not say, and the other way round.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "catalog/diff.h"
#include "migrate/files.h"
#include "pg/connection.h"
#include "workflow/scratch.h"

namespace poststack::workflow {

struct DriftReport {
    catalog::Diff diff;  ///< from what the migrations give to what the database has
    std::size_t replayed = 0;
    std::vector<std::string> warnings;  ///< applied files that were changed since
};

/// Compares the database behind `live` with the applied files of `set` replayed on `scratch`.
///
/// With `schemas` the files are replayed in each of them as far as its own ledger says, behind what
/// the database's ledger says; schemas with other ledgers of their own are left out. The database's
/// own properties (settings, grants on it) and all ledgers are no part of it.
/// Errors: conflict when an applied file is gone; what replaying and reading throw.
[[nodiscard]] DriftReport find_drift(pg::Connection& live,
                                     const migrate::MigrationSet& set,
                                     const ScratchDatabase& scratch,
                                     const std::vector<std::string>& schemas = {});

/// From the schema of `other` to that of `live`.
[[nodiscard]] catalog::Diff compare_databases(pg::Connection& live, pg::Connection& other);

}  // namespace poststack::workflow
