// Rows for proofs: seed files that run on the way, and what a rollback does to the rows there are.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "catalog/fingerprint.h"
#include "migrate/files.h"
#include "pg/connection.h"

namespace poststack::workflow {

/// Seed files by the version of the migration after which each runs.
using Seeds = std::map<migrate::Version, std::vector<std::filesystem::path>>;

/// The seed files at `path`: one file, or all "*.sql" of a directory in the order of their names. A
/// name begins with the version of the migration after which the file runs: "003_users.sql".
///
/// Errors: not_found for a path that is not there, or a version that `set` does not have; usage for
///   a name without a version.
[[nodiscard]] Seeds find_seeds(const std::filesystem::path& path, const migrate::MigrationSet& set);

/// The rows of one table: how many, and a sum of their hashes. The order of rows and of columns
/// does not matter.
struct TableRows {
    std::string count;
    std::string hash;

    bool operator==(const TableRows&) const = default;
};

/// By label: "table public.users".
using Contents = std::map<std::string, TableRows>;

/// Reads the rows of all tables in `schema`, inside or outside of a transaction.
[[nodiscard]] Contents read_contents(pg::Connection& session, const catalog::Fingerprint& schema);

/// "rows of table public.users (3 before, 0 after)" for each table of both whose rows differ.
[[nodiscard]] std::vector<std::string> lost_rows(const Contents& before, const Contents& after);

}  // namespace poststack::workflow
