// Runs one SQL text in one transaction, together with its change of the ledger.
//
// Few round trips, because that is what small migrations cost: BEGIN, the transaction lock and the
// first 64 KiB of the text go in one message (simple protocol); further text follows in pieces of
// that size; the reset of the session, the ledger's change, the check of the lock and COMMIT are
// the last message. A piece ends early behind a statement that may change how text is read. The
// data of COPY is streamed.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "migrate/scanner.h"
#include "migrate/script.h"
#include "pg/connection.h"

namespace poststack::migrate {

struct RunRequest {
    ByteSource* source = nullptr;
    std::string name;  ///< the file in messages
    ScriptPlan plan;   ///< of check_script()
    /// Called when the text has run: returns the statement that changes the ledger. May throw.
    std::function<std::string(std::chrono::nanoseconds)> ledger_sql;
};

/// How a transaction ended that did not fail.
enum class Outcome {
    committed,
    unknown,  ///< the session was lost while COMMIT was under way: ask the ledger
};

class Runner {
  public:
    /// `connection` and the lock session behind `lock_pid` must outlive the runner.
    Runner(pg::Connection& connection, int lock_pid);

    /// Runs one text. On any Error the transaction is rolled back and the session usable unless it
    /// is broken.
    ///
    /// Errors: database with the position in the file; conflict when the lock session is gone or
    ///   the ledger was changed by somebody else; interrupted.
    [[nodiscard]] Outcome run(const RunRequest& request, std::chrono::nanoseconds& duration);

  private:
    void roll_back() noexcept;
    [[nodiscard]] Outcome commit(const std::string& ledger_sql, const std::string& name);

    pg::Connection& connection_;
    int lock_pid_;
    bool watches_client_ = false;  ///< client_connection_check_interval is set
    bool used_ = false;            ///< a text ran in this session: reset it before the next
};

}  // namespace poststack::migrate
