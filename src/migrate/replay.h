// Runs a migration's or rollback's text without a ledger: on a scratch database.
#pragma once

#include <string>

#include "migrate/scanner.h"
#include "migrate/script.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// Runs all of `source` in the caller's transaction, or, for a no-transaction text, statement by
/// statement outside of one. BEGIN and COMMIT of a wrapped text are left out.
///
/// `name` is the file in messages, `plan` what check_script() said about it.
/// Errors: database, as "name:line:column: ..."; config when the text ended the transaction.
void replay(pg::Connection& connection,
            ByteSource& source,
            const std::string& name,
            const ScriptPlan& plan);

}  // namespace poststack::migrate
