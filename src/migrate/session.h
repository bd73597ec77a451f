// The parts that applying and rolling back share: lock, ledger, runners, and what is said on
// failure.
#pragma once

#include <chrono>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "migrate/apply.h"
#include "migrate/ledger.h"
#include "migrate/lock.h"
#include "migrate/notices.h"
#include "migrate/progress.h"
#include "migrate/runner.h"
#include "migrate/watch.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// Reads a directory on a thread of its own, while the caller connects.
[[nodiscard]] std::future<MigrationSet> start_reading(const std::filesystem::path& directory);

/// "nothing", "a, b", or "247 files, a to z" when they are many.
[[nodiscard]] std::string list_files(const std::vector<std::string>& names);

/// `target` with a search_path that begins with the place's schema; nothing else for the
/// database's.
[[nodiscard]] pg::ConnInfo schema_login(const pg::ConnInfo& target, const LedgerPlace& place);

/// The login migrations run with; its search_path begins with the place's schema.
/// Errors: usage for a schema that cannot have a ledger.
[[nodiscard]] pg::ConnInfo work_login(const pg::ConnInfo& target, const LedgerPlace& place = {});

/// A run that holds the migration lock.
class LockedRun {
  public:
    /// Takes the lock with the session `first`, logs in a second time for the work, and reads the
    /// ledger anew: what was read before may be old.
    /// Errors: as MigrationLock, wait_for_orphans() and read_ledger(); login failures.
    LockedRun(const pg::ConnInfo& target, pg::Connection first, const RunOptions& options);
    ~LockedRun() = default;
    LockedRun(const LockedRun&) = delete;
    LockedRun& operator=(const LockedRun&) = delete;

    /// The session that works.
    [[nodiscard]] pg::Connection& connection() noexcept { return connection_; }

    [[nodiscard]] const Ledger& ledger() const noexcept { return ledger_; }

    [[nodiscard]] const MigrationLock& lock() const noexcept { return lock_; }

    /// What stopped half-way in earlier runs.
    [[nodiscard]] const std::vector<Progress>& unfinished() const noexcept { return unfinished_; }

    /// Makes the ledger or upgrades it.
    void prepare();

    /// Refuses what cannot go on in this direction; `first` is the text that will run first.
    ///
    /// Errors: conflict when another text, or the other direction of this one, stopped half-way;
    ///   when RunOptions::resume_after is given and nothing did.
    void refuse_unfinished(Direction direction, std::optional<Version> first) const;

    /// Runs one text and settles an unknown COMMIT: returns only when it is certain that the ledger
    /// has its change. Tries again while locks are not to be had.
    ///
    /// Errors: as the runners; timeout when the session was lost and the text had no effect, or
    ///   when nothing tells whether it had.
    [[nodiscard]] std::chrono::nanoseconds run(const RunRequest& request);

    /// True once the session was lost in a COMMIT that turned out to have worked: nothing more can
    /// be run.
    [[nodiscard]] bool is_over() const noexcept { return over_; }

    /// What the server said while texts ran.
    [[nodiscard]] std::vector<ServerNotice> take_notices() noexcept { return notices_.take(); }

  private:
    [[nodiscard]] Outcome run_once(const RunRequest& request, std::chrono::nanoseconds& duration);
    [[nodiscard]] Outcome run_text(const RunRequest& request, std::chrono::nanoseconds& duration);
    [[nodiscard]] Outcome run_with_retries(const RunRequest& request,
                                           std::chrono::nanoseconds& duration);
    void refuse_lost_mark(const RunRequest& request) const;
    void wait_for_locks(const Error& error, const RunRequest& request, int attempt);
    [[nodiscard]] bool settle(const std::string& settled_sql);
    void say(const std::string& text) const;

    const pg::ConnInfo& target_;
    RunOptions options_;
    LedgerPlace place_;
    MigrationLock lock_;
    pg::Connection connection_;
    Ledger ledger_;
    std::vector<Progress> unfinished_;
    Client client_ = current_client();
    Watch watch_;
    NoticeLog notices_;
    bool watches_client_;
    bool used_ = false;  ///< a text ran in this session: reset it before the next
    bool over_ = false;
};

}  // namespace poststack::migrate
