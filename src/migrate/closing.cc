#include "migrate/closing.h"

#include <fmt/format.h>

#include "base/error.h"
#include "sys/signal.h"

namespace poststack::migrate {
namespace {

constexpr std::size_t preparing_count = 4;
const std::string reset_session =
    "RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;SET LOCAL search_path = pg_catalog;";
const std::string set_session_aside =
    "SET LOCAL session_authorization TO DEFAULT;SET LOCAL role TO DEFAULT;"
    "SET LOCAL search_path = pg_catalog;SET LOCAL synchronous_commit = on;";

/// What DISCARD ALL does beyond reset_session; that itself cannot stand beside other statements.
const std::string discard_rest =
    ";CLOSE ALL;UNLISTEN *;SELECT pg_catalog.pg_advisory_unlock_all();DEALLOCATE ALL;DISCARD PLANS;"
    "DISCARD TEMP;DISCARD SEQUENCES";

/// Says which of the last message's statements failed; `done` of them had not.
void explain_failure(Error& error,
                     std::size_t done,
                     const Closing& closing,
                     const std::string& name) {
    if (done == preparing_count + closing.changes) {  // the check divided by zero
        throw Error(ErrorKind::conflict,
                    fmt::format("\"{}\" was rolled back: the session that holds the migration "
                                "lock has ended",
                                name))
            .hint("Run the command again; it goes on where this run stopped.");
    }
    if (done >= preparing_count && done < preparing_count + closing.changes) {
        throw Error(ErrorKind::conflict,
                    fmt::format("\"{}\" was rolled back: the ledger does not take its row: {}",
                                name,
                                error.message()))
            .sqlstate(error.sqlstate())
            .detail(error.detail())
            .hint("Run the command again; another run may have changed the ledger meanwhile.");
    }
    error.add_context(fmt::format("running the COMMIT of \"{}\"", name));
}

}  // namespace

Closed close_transaction(pg::Connection& connection,
                         const Closing& closing,
                         const std::string& name) {
    // From here on the answer must be known, so a stop is taken only afterwards.
    const sys::DeferStop defer;
    if (connection.parameter_status("client_encoding") != "UTF8") {
        connection.script(closing.keep_session ? "SET LOCAL client_encoding = 'UTF8'"
                                               : "RESET client_encoding");
    }
    const std::string& preparing = closing.keep_session ? set_session_aside : reset_session;
    const std::size_t place_of_commit = preparing_count + closing.changes + 2;
    std::size_t done = 0;
    std::string answer;
    try {
        connection.script_each(preparing + closing.change_sql + closing.check_sql + "COMMIT" +
                                   (closing.keep_session ? std::string{} : discard_rest),
                               [&](const pg::Result& result) {
                                   if (++done == place_of_commit) answer = result.tag();
                               });
    } catch (Error& error) {
        if (answer == "COMMIT") return {Outcome::committed, false};
        if (connection.is_broken()) return {Outcome::unknown, false};
        if (error.kind() == ErrorKind::database) explain_failure(error, done, closing, name);
        throw;
    }
    if (answer == "COMMIT") return {Outcome::committed, !closing.keep_session};
    throw Error(ErrorKind::bug, fmt::format("COMMIT of \"{}\" answered \"{}\"", name, answer));
}

}  // namespace poststack::migrate
