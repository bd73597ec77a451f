// The parts that applying and rolling back share: lock, ledger, runner, and what is said on
// failure.
#pragma once

#include <chrono>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "migrate/apply.h"
#include "migrate/ledger.h"
#include "migrate/lock.h"
#include "migrate/runner.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// Reads a directory on a thread of its own, while the caller connects.
[[nodiscard]] std::future<MigrationSet> start_reading(const std::filesystem::path& directory);

/// The login migrations run with.
[[nodiscard]] pg::ConnInfo work_login(const pg::ConnInfo& target);

/// A run that holds the migration lock.
class LockedRun {
  public:
    /// Takes the lock, then reads the ledger anew: what was read before may be old.
    /// Errors: as MigrationLock, wait_for_orphans() and read_ledger().
    LockedRun(const pg::ConnInfo& target,
              pg::Connection& connection,
              std::chrono::milliseconds wait_limit,
              const ProgressCallback& on_progress);

    [[nodiscard]] const Ledger& ledger() const noexcept { return ledger_; }

    /// Makes the ledger or upgrades it.
    void prepare();

    /// Runs one text and settles an unknown COMMIT: returns only when it is certain that the ledger
    /// now says `applied_after` about `version`.
    ///
    /// Errors: as Runner::run(); timeout when the session was lost and the text had no effect, or
    ///   when it had but the lock is lost too.
    [[nodiscard]] std::chrono::nanoseconds run(const RunRequest& request,
                                               Version version,
                                               bool applied_after);

    /// True once the session was lost in a COMMIT that turned out to have worked: nothing more can
    /// be run.
    [[nodiscard]] bool is_over() const noexcept { return over_; }

  private:
    [[nodiscard]] bool settle(Version version);

    const pg::ConnInfo& target_;
    pg::Connection& connection_;
    ProgressCallback on_progress_;
    std::chrono::milliseconds wait_limit_;
    MigrationLock lock_;
    Ledger ledger_;
    Runner runner_;
    bool over_ = false;
};

}  // namespace poststack::migrate
