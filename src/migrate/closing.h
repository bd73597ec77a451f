// The last message of a transaction: the ledger's change, the check of the lock, COMMIT.
#pragma once

#include <cstddef>
#include <string>

#include "pg/connection.h"

namespace poststack::migrate {

/// How a transaction ended that did not fail.
enum class Outcome {
    committed,
    unknown,  ///< the session was lost while COMMIT was under way: ask the ledger
};

struct Closing {
    std::string change_sql;   ///< statements, each with its semicolon
    std::size_t changes = 1;  ///< how many
    std::string check_sql;    ///< check_lock_sql()
    /// Role, search_path and settings are kept for the text's next statement, and are set aside
    /// for the change alone; otherwise the session is reset.
    bool keep_session = false;
};

/// How it ended, and whether the session is as after its login again.
struct Closed {
    Outcome outcome = Outcome::unknown;
    bool is_clean = false;
};

/// Ends the open transaction as role and with the settings of the login. Unless the session is
/// kept, what the text left in it (cursors, temporary tables, ...) is discarded in the same
/// message: a round trip less than DISCARD ALL before the next text.
///
/// Errors: conflict when the lock session is gone or the ledger does not take the change; database
///   for what COMMIT itself finds (deferred constraints). `name` is the text in messages.
[[nodiscard]] Closed close_transaction(pg::Connection& connection,
                                       const Closing& closing,
                                       const std::string& name);

}  // namespace poststack::migrate
