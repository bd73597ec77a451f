// What a statement does to the transaction it runs in, judged by its first words.
#pragma once

#include <cstdint>
#include <string_view>

namespace poststack::migrate {

enum class StatementKind : std::uint8_t {
    ordinary,
    begin,         ///< BEGIN, START TRANSACTION
    commit,        ///< COMMIT, END
    commit_chain,  ///< COMMIT AND CHAIN: ends one transaction and begins the next
    rollback,      ///< ROLLBACK, ABORT (not ROLLBACK TO)
    two_phase,     ///< PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED
    outside_only,  ///< the server refuses it inside a transaction
    session,       ///< SET, RESET: changes how later text is read or run
};

struct Classified {
    StatementKind kind = StatementKind::ordinary;
    std::string_view command;  ///< for messages, e.g. "CREATE INDEX CONCURRENTLY"; static text
};

/// Judges one statement of valid SQL; what it does not know is ordinary (the server decides).
/// Source: PostgreSQL's callers of PreventInTransactionBlock, versions 13 to 18.
[[nodiscard]] Classified classify(std::string_view statement) noexcept;

}  // namespace poststack::migrate
