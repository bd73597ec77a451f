// The ledger: which migrations were applied, when, by whom, and how to undo them.
//
// It lives in schema "poststack" beside the tables other parts of poststack write (docs/ledger.md).
// Its layout has a number, kept in system_info; a program that knows a newer one upgrades it step
// by step under the migration lock, a program that knows only an older one refuses to touch it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/client.h"
#include "migrate/files.h"
#include "migrate/ledger_place.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// The layout this program reads and writes.
inline constexpr int ledger_layout = 4;

/// The first layout with the checksums in layers and a migration_progress that is written to.
inline constexpr int layout_with_layers = 3;

/// The first layout with repeatable_migrations.
inline constexpr int layout_with_repeatables = 4;

/// One applied migration, as far as deciding what to do needs it.
struct LedgerEntry {
    Version version;
    std::string file_name;  ///< "002_add_users.sql"
    std::string checksum;   ///< SHA-256, 64 hexadecimal digits
};

struct Ledger {
    LedgerPlace place;
    int layout = 0;                    ///< 0: there is none
    std::vector<LedgerEntry> entries;  ///< by version

    [[nodiscard]] bool exists() const noexcept { return layout > 0; }

    [[nodiscard]] const LedgerEntry* find(Version version) const noexcept;
};

/// Reads the ledger in one round trip. Changes nothing.
///
/// Errors: conflict for a layout newer than ours and for tables of that name that are not ours;
///   denied when the role may not read it.
[[nodiscard]] Ledger read_ledger(pg::Connection& connection, const LedgerPlace& place = {});

/// Makes the ledger, and a schema that has it inside, or brings an older layout up to date; the
/// migration lock must be held.
/// Errors: conflict when tables of other making are in the way; denied; database.
void prepare_ledger(pg::Connection& connection, const Ledger& found);

/// What is recorded about a migration in the transaction that applies it.
struct LedgerRecord {
    const MigrationFile* file = nullptr;
    std::string normalised_checksum;  ///< migrate/checksum.h
    std::string token_checksum;
    std::chrono::nanoseconds duration{0};
    std::optional<std::string> rollback_sql;  ///< as it is now; nothing without a rollback file
    bool out_of_order = false;                ///< later versions were applied before
};

/// The INSERT for `record`. Safe whatever search_path and standard_conforming_strings are.
[[nodiscard]] std::string insert_sql(const LedgerRecord& record,
                                     const Client& client,
                                     const LedgerPlace& place = {});

/// The DELETE for a migration that was undone; it must remove exactly one row.
[[nodiscard]] std::string delete_sql(Version version, const LedgerPlace& place = {});

/// `text` as a literal that means the same under every setting of the session: E'...'.
[[nodiscard]] std::string escape_literal(std::string_view text);

}  // namespace poststack::migrate
