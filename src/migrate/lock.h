// One run at a time in one database.
//
// Two advisory locks together. The session lock (pg_advisory_lock) is held by a connection of its
// own for the whole run and decides whose turn it is; waiting for it is done by trying again, never
// by a blocked statement, because CREATE INDEX CONCURRENTLY waits for every blocked statement's
// snapshot and the two would wait for each other. The work lock is taken by every transaction that
// changes something (pg_advisory_xact_lock) and held by the session of a no-transaction text:
// should the lock session die while its run still works, the next run gets the first lock but not
// the second until that work has ended, and the old run finds out before its COMMIT that it has
// lost its turn and rolls back. It finds out by a third lock, whose key is random: while nobody can
// take that, the lock session lives.
#pragma once

#include <chrono>
#include <string>

#include "migrate/apply.h"
#include "migrate/ledger_place.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// How to take the lock.
struct LockOptions {
    std::chrono::milliseconds wait_limit{60'000};
    bool force = false;                 ///< end what is left of runs whose client is gone
    ProgressCallback on_progress = {};  ///< told who is waited for
    LedgerPlace place = {};             ///< whose lock
};

/// Holds the session lock until it dies.
class MigrationLock {
  public:
    /// Waits for the lock.
    ///
    /// Errors: conflict when it is not free in time, naming holder, host, pid and since when;
    ///   config when a pooler hands transactions out to other sessions, where no lock holds; login
    ///   failures; interrupted.
    MigrationLock(const pg::ConnInfo& target, const LockOptions& options);

    /// The same with a session that is there already: a run that waits holds no second one.
    MigrationLock(pg::Connection connection,
                  const pg::ConnInfo& target,
                  const LockOptions& options);

    /// The process of the lock session in the server.
    [[nodiscard]] int backend_pid() const noexcept { return connection_.backend_pid(); }

    /// A statement that fails unless the lock session still holds its locks.
    [[nodiscard]] const std::string& check_sql() const noexcept { return check_sql_; }

    /// Takes the work lock; to be run first in a transaction. Never waits for long: see
    /// wait_for_orphans().
    [[nodiscard]] std::string work_lock_sql() const;

    /// Takes the work lock for the session unless it holds it already, and must not wait.
    [[nodiscard]] std::string session_work_lock_sql() const;

    /// The lock session, for questions about the session that works. Thread: the run's own.
    [[nodiscard]] pg::Connection& connection() noexcept { return connection_; }

  private:
    pg::Connection connection_;
    LockKeys keys_;
    std::string check_sql_;
};

/// Waits until no statement of an earlier run, whose client is gone, still holds the work lock;
/// ends it instead with `options.force`. Errors: conflict after the limit; interrupted.
void wait_for_orphans(pg::Connection& connection, const LockOptions& options);

}  // namespace poststack::migrate
