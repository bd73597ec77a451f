// Fingerprints of a database that changes in steps, read step by step.
#pragma once

#include <memory>
#include <string>

#include "catalog/fingerprint.h"
#include "catalog/queries.h"
#include "pg/connection.h"

namespace poststack::catalog {

/// Reads what a transaction has changed so far instead of everything.
///
/// The server's counts of rows written say which tables of the catalogue the transaction has
/// touched; in those, the rows that it wrote, changed or deleted (change_queries.h) lead to the
/// tables, types and functions to read again, with those whose texts mention a renamed one.
/// Changes that may show anywhere (a schema, a role) make it read everything. Nobody else may
/// change the schema meanwhile.
class Tracker {
  public:
    /// `observer` is another session on the same database. Both outlive the tracker.
    Tracker(pg::Connection& session, pg::Connection& observer, const Scope& scope = {});
    Tracker(const Tracker&) = delete;
    Tracker& operator=(const Tracker&) = delete;
    ~Tracker();

    /// Everything, as FingerprintReader does.
    [[nodiscard]] Fingerprint read();

    /// From now on everything is read: for a session in which somebody may switch the counting of
    /// rows (track_counts) off and on again.
    void distrust_counts() noexcept;

    /// Opens the transaction whose changes read_changes() reads.
    void begin();

    /// The fingerprint inside the transaction, where `base` is that of the database as it was at
    /// begin(). What did not change is shared with `base`. `first` is run beforehand, in the same
    /// round trip.
    /// Errors: as FingerprintReader::read(); database when `first` fails.
    [[nodiscard]] Fingerprint read_changes(const Fingerprint& base, const std::string& first = {});

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace poststack::catalog
