// One run at a time in one database.
//
// Two advisory locks together. The session lock (pg_advisory_lock) is held by a connection of its
// own for the whole run and decides whose turn it is; waiting for it is done by trying again, never
// by a blocked statement, because CREATE INDEX CONCURRENTLY waits for every blocked statement's
// snapshot and the two would wait for each other. The transaction lock (pg_advisory_xact_lock) is
// taken by every transaction that changes something: should the lock session die while its run
// still works, the next run gets the first lock but not the second until that work has ended, and
// the old run finds out before its COMMIT that it has lost its turn and rolls back.
#pragma once

#include <chrono>
#include <string>

#include "migrate/apply.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// Holds the session lock until it dies.
class MigrationLock {
  public:
    /// Waits up to `wait_limit`; who holds the lock is told through `on_progress`.
    ///
    /// Errors: conflict when it is not free in time, naming holder, host, pid and since when;
    ///   login failures; interrupted.
    MigrationLock(const pg::ConnInfo& target,
                  std::chrono::milliseconds wait_limit,
                  const ProgressCallback& on_progress);

    /// The process of the lock session in the server.
    [[nodiscard]] int backend_pid() const noexcept { return connection_.backend_pid(); }

    /// True while the lock session answers and still holds the lock.
    [[nodiscard]] bool is_held() noexcept;

  private:
    pg::Connection connection_;
};

/// Takes the transaction lock; to be run first in a transaction. Never waits for long: see
/// wait_for_orphans().
[[nodiscard]] const std::string& work_lock_sql();

/// A statement that fails unless `lock_pid` holds the session lock and this session, in this very
/// transaction, the transaction lock.
[[nodiscard]] std::string check_lock_sql(int lock_pid);

/// Waits until no statement of an earlier run, whose client is gone, still holds the transaction
/// lock. Errors: conflict after `wait_limit`; interrupted.
void wait_for_orphans(pg::Connection& connection,
                      std::chrono::milliseconds wait_limit,
                      const ProgressCallback& on_progress);

}  // namespace poststack::migrate
