#include "migrate/replay.h"

#include <fmt/format.h>

#include "base/error.h"
#include "migrate/batch.h"

namespace poststack::migrate {

void replay(pg::Connection& connection,
            ByteSource& source,
            const std::string& name,
            const ScriptPlan& plan) {
    Scanner scanner(source, name);
    scanner.set_standard_strings(connection.parameter_status("standard_conforming_strings") !=
                                 "off");
    const pg::TransactionStatus before = connection.transaction_status();
    try {
        Batch batch(connection, scanner, plan.expansion.get(), {});
        for (std::size_t index = 0; const auto statement = scanner.next(); ++index) {
            if (plan.wrapped && (index == 0 || index + 1 == plan.statements)) continue;
            batch.add(*statement);
            if (plan.no_transaction) batch.flush();
        }
        batch.flush();
    } catch (const Error& error) {
        if (!plan.expansion) throw;
        throw plan.expansion->redact(error);
    }
    if (connection.transaction_status() == before) return;
    throw Error(ErrorKind::config, fmt::format("\"{}\" ended the transaction it runs in", name));
}

}  // namespace poststack::migrate
