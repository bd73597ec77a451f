// Reads fingerprints from a server.
#pragma once

#include <memory>

#include "catalog/fingerprint.h"
#include "catalog/queries.h"
#include "pg/connection.h"

namespace poststack::catalog {

/// Takes fingerprints over one session; the session must not be used by others meanwhile.
///
/// The queries are prepared once and sent in one round trip. Inside the caller's transaction a
/// fingerprint shows what the transaction has done so far and leaves it (and its settings) as it
/// was; outside one it is one consistent snapshot. It takes no lock beyond what reading takes.
class FingerprintReader {
  public:
    explicit FingerprintReader(pg::Connection& connection, const Scope& scope = {});
    FingerprintReader(const FingerprintReader&) = delete;
    FingerprintReader& operator=(const FingerprintReader&) = delete;
    ~FingerprintReader();

    /// Errors: database when the server refuses; bug inside a failed transaction.
    [[nodiscard]] Fingerprint read();

  private:
    friend Fingerprint read_fingerprint(pg::Connection& connection, const Scope& scope);
    struct State;
    std::unique_ptr<State> state_;
};

/// One fingerprint of the database behind `connection`.
[[nodiscard]] Fingerprint read_fingerprint(pg::Connection& connection, const Scope& scope = {});

}  // namespace poststack::catalog
