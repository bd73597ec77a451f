// How far a no-transaction text came: table poststack.migration_progress.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "migrate/client.h"
#include "migrate/files.h"
#include "migrate/ledger_place.h"
#include "pg/connection.h"

namespace poststack::migrate {

enum class Direction { up, down };

/// One text that has begun and has not finished. Statements are counted from 1.
struct Progress {
    Version version;
    Direction direction = Direction::up;
    std::string file_name;               ///< of the migration, also when its rollback runs
    std::size_t done = 0;                ///< statements that are committed
    std::string done_checksum;           ///< of their tokens
    std::optional<std::size_t> running;  ///< the one that was about to run outside a transaction
    std::string running_checksum;        ///< of its tokens
    std::string running_text;            ///< its beginning, for people
    std::string seen_before;             ///< OutsideObserver::prepare()
    std::string who;                     ///< read only: role, machine and time of the last step
};

/// The texts that have not finished, usually none or one. The ledger must have layout 3.
[[nodiscard]] std::vector<Progress> read_progress(pg::Connection& connection,
                                                  const LedgerPlace& place = {});

/// The statement that records `progress`, in place of what was recorded for its version.
[[nodiscard]] std::string record_progress_sql(const Progress& progress,
                                              const Client& client,
                                              const LedgerPlace& place = {});

/// The statement that removes the record for `version`.
[[nodiscard]] std::string remove_progress_sql(Version version, const LedgerPlace& place = {});

/// "migration 002_x.sql stopped behind statement 3" or "... while statement 4 was running".
[[nodiscard]] std::string describe(const Progress& progress);

}  // namespace poststack::migrate
