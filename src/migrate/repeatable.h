// Repeatable files, R__name.sql: run behind the versioned ones, again whenever they change.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "migrate/client.h"
#include "migrate/files.h"
#include "migrate/ledger.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// What the ledger holds about one repeatable file: its last run.
struct RepeatableRun {
    std::string name;  ///< "active_users"
    std::string file_name;
    std::string description;
    std::string checksum;
    std::string normalised_checksum;
    std::string token_checksum;
    std::string applied_at;  ///< RFC 3339, UTC
    std::string applied_by;
    std::chrono::nanoseconds duration{0};
    std::int64_t runs = 0;
};

/// All of them by name; none in a ledger before layout 4. Errors: database.
[[nodiscard]] std::vector<RepeatableRun> read_repeatables(pg::Connection& connection,
                                                          const Ledger& ledger);

enum class RepeatableState {
    current,      ///< it ran as it is
    reformatted,  ///< it differs from what ran in line ends, comments or blanks alone
    changed,      ///< it differs: it will run again
    absent,       ///< it never ran
};

/// Compares the file with its last run. `standard_strings` is the session's setting.
[[nodiscard]] RepeatableState compare_repeatable(const MigrationSet& set,
                                                 const MigrationFile& file,
                                                 const std::vector<RepeatableRun>& runs,
                                                 bool standard_strings);

/// The files that are to run, in the order of their names. Asks the ledger only when there are any.
[[nodiscard]] std::vector<const MigrationFile*> find_due_repeatables(pg::Connection& connection,
                                                                     const MigrationSet& set,
                                                                     const Ledger& ledger);

/// The statement that records a run, in place of the last one.
[[nodiscard]] std::string record_repeatable_sql(const LedgerRecord& record,
                                                const Client& client,
                                                const LedgerPlace& place);

/// A query that answers whether `file` has run as it is.
[[nodiscard]] std::string repeatable_ran_sql(const MigrationFile& file, const LedgerPlace& place);

}  // namespace poststack::migrate
