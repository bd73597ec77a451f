// Runs one SQL text together with its change of the ledger.
//
// In one transaction (TransactionRunner): few round trips, because that is what small migrations
// cost. BEGIN, the work lock and the first 64 KiB of the text go in one message (simple protocol);
// further text follows in pieces of that size; the reset of the session, the ledger's change, the
// check of the lock and COMMIT are the last message. A piece ends early behind a statement that may
// change how text is read. The data of COPY is streamed.
//
// Without one: statement by statement (step_runner.h).
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "migrate/closing.h"
#include "migrate/hooks.h"
#include "migrate/lock.h"
#include "migrate/lock_budget.h"
#include "migrate/notices.h"
#include "migrate/progress.h"
#include "migrate/scanner.h"
#include "migrate/script.h"
#include "migrate/watch.h"
#include "pg/connection.h"

namespace poststack::migrate {

struct RunRequest {
    /// Opens the text at its start; asked again when the text has to be run again. The source is
    /// the callee's and lives until the next call.
    std::function<ByteSource&()> open;
    std::string name;  ///< the file in messages
    ScriptPlan plan;   ///< of check_script()
    /// Called when the text has run: returns the statement that changes the ledger. May throw.
    std::function<std::string(std::chrono::nanoseconds)> ledger_sql;

    /// A query that answers true once the text's change of the ledger is there; "": none can tell.
    std::string settled_sql;

    Version version;
    Direction direction = Direction::up;
    std::string setting_sql;                    ///< run before the text, in its transaction
    const Hooks* hooks = nullptr;               ///< those around each text; may be null
    std::string file_name;                      ///< of the migration
    std::chrono::milliseconds lock_timeout{0};  ///< for each lock of a transaction; 0: the server's
    std::optional<LockLevel> max_lock = {};     ///< LockBudget
};

/// What the runners of one run share; everything must outlive them.
struct Workplace {
    pg::Connection& connection;
    MigrationLock& lock;
    Watch& watch;
    NoticeLog& notices;
    const LedgerPlace& place;
    bool single_statements = false;  ///< one message a statement, so that the watch can name it
    bool watches_client = false;     ///< client_connection_check_interval is known
};

class TransactionRunner {
  public:
    explicit TransactionRunner(const Workplace& place) : place_(place) {}

    /// Runs one text. On any Error the transaction is rolled back and the session usable unless it
    /// is broken.
    ///
    /// Errors: database with the position in the file; conflict when the lock session is gone or
    ///   the ledger was changed by somebody else, or a lock is stronger than allowed; interrupted.
    [[nodiscard]] Outcome run(const RunRequest& request, std::chrono::nanoseconds& duration);

    /// True when the last text left the session as it is after a login.
    [[nodiscard]] bool left_clean() const noexcept { return left_clean_; }

  private:
    void run_text(const RunRequest& request);

    Workplace place_;
    bool left_clean_ = false;
};

/// Settings of the working session itself, sent at the start of each transaction.
[[nodiscard]] std::string session_settings(const Workplace& place);

/// Finds out whether the server can watch for its client's end.
[[nodiscard]] bool can_watch_client(pg::Connection& connection);

/// Rolls back what is open, if the session lives. False when that could not be said to the server,
/// which then does it by itself.
bool roll_back(pg::Connection& connection) noexcept;

/// "line 12: CREATE INDEX ..." for Watch.
[[nodiscard]] std::string describe_statement(const TextPosition& at, std::string_view text);

}  // namespace poststack::migrate
