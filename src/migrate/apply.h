// Applying pending migrations. What `poststack database migrate` and `poststack up` call.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "migrate/files.h"
#include "migrate/order.h"
#include "pg/connection.h"
#include "pg/conninfo.h"

namespace poststack::migrate {

/// What the caller may show while a run goes on.
struct ProgressEvent {
    enum class Kind {
        waiting,   ///< another run holds the lock; `text` says who
        started,   ///< file `index` of `total` begins
        running,   ///< it takes long: `text` says what runs or is waited for, `duration` how long
        finished,  ///< it is committed; `duration` is how long it took
        notice,    ///< `text` is a warning, or a notice of the server while a file runs
    };
    Kind kind = Kind::notice;
    std::string text;       ///< file name for started and finished
    std::size_t index = 0;  ///< from 1
    std::size_t total = 0;
    std::chrono::nanoseconds duration{0};
};

using ProgressCallback = std::function<void(const ProgressEvent&)>;

/// One migration as far as a caller needs to name it.
struct MigrationStep {
    std::string version;      ///< as the file is named: "002"
    std::string name;         ///< "add_users"
    std::string description;  ///< "" without a "-- Description:" line
    std::chrono::nanoseconds duration{0};
    bool has_rollback = false;
    std::string file_name;        ///< of the migration
    std::size_t statements = 0;   ///< in the text that runs
    bool no_transaction = false;  ///< it runs statement by statement
};

/// What the server said while a file ran, beside errors.
struct ServerNotice {
    std::string file;        ///< as in error messages
    std::uint32_t line = 0;  ///< of the statement
    std::uint32_t column = 0;
    std::string severity;  ///< "notice", "warning", "info", ...
    std::string sqlstate;
    std::string message;
};

/// "002_add_users", "R__active_users".
[[nodiscard]] std::string stem_of(const MigrationStep& step);

/// How any run behaves, forwards or back.
struct RunOptions {
    std::chrono::milliseconds wait_limit{60'000};  ///< for another run's lock; 0: do not wait
    bool force = false;  ///< end what is left of earlier runs whose client is gone
    /// How long a transaction waits for each lock, unless the file says otherwise; 0: for ever.
    std::chrono::milliseconds lock_timeout{5'000};
    int lock_retries = 10;  ///< further attempts when a lock is not to be had, or after a deadlock
    /// Statements of an unfinished no-transaction text that are taken as done.
    std::optional<std::size_t> resume_after = {};
    bool single_statements = false;  ///< one message a statement: progress can name it
    ProgressCallback on_progress = {};
    std::string schema = {};  ///< with a ledger of its own, made when missing; "": the database
    SharedVariables variables = {};  ///< values for ${NAME} in the files that ask for them
};

struct ApplyOptions {
    std::optional<std::string> target = {};  ///< apply up to and with this version; must exist
    bool dry_run = false;                    ///< plan and check, change nothing
    OrderPolicy order = {};                  ///< which late migrations are applied after all
    RunOptions run = {};
    /// Called under the lock, with the ledger made, before anything runs; throws what it refuses.
    std::function<void(
        pg::Connection&, const MigrationSet&, const std::vector<const MigrationFile*>& pending)>
        approve = {};
};

struct ApplyResult {
    std::vector<MigrationStep> steps;  ///< applied now, or planned with dry_run, in order
    std::size_t already_applied = 0;
    std::size_t left_pending = 0;  ///< behind the target
    std::vector<std::string> warnings;
    std::vector<ServerNotice> notices;  ///< at most twenty of each file
    std::vector<std::string> hooks;     ///< "hooks/before_migrate.sql": what ran around the files
    bool dry_run = false;
};

/// Applies what is pending in `directory`, oldest first, one transaction a file, and behind it the
/// repeatable files that changed, unless the target leaves something pending.
///
/// Hooks (hooks.h) run around all of it when there is anything to do. In a schema with a ledger of
/// its own everything is looked up there first; its variable SCHEMA holds the name.
/// Any number of callers at once: one works, the others wait and then find nothing to do. With
/// nothing pending it costs one login and two round trips. Makes schema "poststack" when missing.
/// Errors: conflict (changed, missing or out-of-order files, all named; lock not free in time;
///   ledger newer than this program), config (a bad file, with file:line:column), database (with
///   file:line:column, what is applied and what is not in the message), interrupted.
[[nodiscard]] ApplyResult apply(const pg::ConnInfo& target,
                                const std::filesystem::path& directory,
                                const ApplyOptions& options = {});

}  // namespace poststack::migrate
