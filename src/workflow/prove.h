// Proves that rollbacks undo their migrations, on a scratch database.
//
// For every pair, oldest first: the catalogue before, up, after; then, in a transaction that is
// always rolled back, down, the catalogue, up again, the catalogue. So a broken rollback costs
// nothing: the chain goes on from the state that `up` left. Files without a transaction run as they
// are, and what a broken one of them leaves is put right by replaying the chain from the start.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/diff.h"
#include "migrate/files.h"
#include "workflow/prove_repeatable.h"
#include "workflow/scratch.h"
#include "workflow/seed.h"

namespace poststack::workflow {

enum class Verdict {
    lossless,      ///< the rollback restores the schema and no table or column was made anew
    lossy,         ///< it restores the schema; rows of what it made anew are gone (PairProof::lost)
    irreversible,  ///< "-- poststack: irreversible": not meant to be undone
    no_rollback,   ///< there is no rollback file, and the migration does not say so
    broken,  ///< the rollback fails, or leaves another schema, or the migration fails after it
    failed,  ///< the migration itself fails: what comes after it is not reached
    not_reached,
};

/// "lossless", "no rollback", "not reached".
[[nodiscard]] std::string_view name(Verdict verdict) noexcept;

/// True for the verdicts that a gate lets pass: lossless, lossy, irreversible.
[[nodiscard]] bool is_proven(Verdict verdict) noexcept;

struct PairProof {
    migrate::MigrationFile file;
    Verdict verdict = Verdict::not_reached;
    bool column_order = false;  ///< the rollback restores all but the order of columns
    std::vector<std::string>
        lost;             ///< "table public.a", "rows of table public.a (3 before, 0 after)"
    std::string problem;  ///< why it is broken or failed, one line
    std::string hint;
    catalog::Diff difference;  ///< what the rollback leaves, or what differs after up again
    std::string checksum;      ///< migrate::pair_checksum() of what was run
    std::chrono::nanoseconds took{0};
};

struct ProofReport {
    std::vector<PairProof> pairs;
    std::vector<RepeatableProof> repeatables;  ///< none when the chain was not run to its end
    std::string scratch;                       ///< the scratch database's name; it is gone
    int server_version = 0;
    std::chrono::nanoseconds took{0};

    [[nodiscard]] std::size_t count(Verdict verdict) const noexcept;

    /// True when every pair and every repeatable file is proven.
    [[nodiscard]] bool is_proven() const noexcept;
};

struct ProveOptions {
    std::optional<migrate::Version> target;  ///< prove up to and with this one
    Seeds seeds;  ///< run on the way; rows that do not survive a rollback are lost ones

    /// Makes one more scratch database, on which a later part of a long chain is proven at the same
    /// time. Called from other threads. Not called for a chain that may change the server itself
    /// (a role, another database), where they would meet.
    std::function<std::unique_ptr<ScratchDatabase>()> make_helper;

    /// In the order of the chain.
    std::function<void(const PairProof&, std::size_t index, std::size_t total)> on_pair;
};

/// Proves all pairs of `set`. What is wrong with a pair is in its PairProof.
///
/// Errors: denied, database and login failures around the scratch database; config for files that
///   cannot be read as SQL (with file:line:column); timeout when the session is lost; interrupted.
[[nodiscard]] ProofReport prove(ScratchDatabase& scratch,
                                const migrate::MigrationSet& set,
                                const ProveOptions& options = {});

/// The tables and columns of `before` whose rows are gone in `after`, although they are back by
/// name, and the columns whose values `between` cannot hold: labels in order.
[[nodiscard]] std::vector<std::string> find_lost(const catalog::Fingerprint& before,
                                                 const catalog::Fingerprint& between,
                                                 const catalog::Fingerprint& after);

}  // namespace poststack::workflow
