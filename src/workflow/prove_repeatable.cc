#include "workflow/prove_repeatable.h"

#include <fmt/format.h>

#include "base/error.h"
#include "catalog/diff.h"
#include "catalog/reader.h"
#include "workflow/chain.h"

namespace poststack::workflow {

namespace {

RepeatableProof prove_one(ChainSession& session,
                          const migrate::MigrationSet& set,
                          const migrate::MigrationFile& file) {
    RepeatableProof proof{file.file_name, {}, {}};
    bool again = false;
    try {
        const Script script = session.check_migration(set, file);
        session.apply(script);
        const catalog::Fingerprint first = catalog::read_fingerprint(session.connection());
        again = true;
        session.apply(script);
        const catalog::Diff change =
            catalog::diff(first, catalog::read_fingerprint(session.connection()));
        if (change.empty()) return proof;
        proof.problem = "run again, it gives another schema: " + catalog::summary(change);
        proof.hint = "Write it so that it replaces what it made before.";
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::database) throw;
        proof.problem =
            fmt::format("{}: {}", again ? "run again, it fails" : "it fails", error.message());
        proof.hint = again ? "Write CREATE OR REPLACE, or DROP ... IF EXISTS first." : error.hint();
    }
    return proof;
}

}  // namespace

std::vector<RepeatableProof> prove_repeatables(const ScratchDatabase& scratch,
                                               const migrate::MigrationSet& set) {
    std::vector<RepeatableProof> proofs;
    if (set.repeatables.empty()) return proofs;
    ChainSession session(scratch.login(), set.variables);
    for (const migrate::MigrationFile& file : set.repeatables)
        proofs.push_back(prove_one(session, set, file));
    return proofs;
}

}  // namespace poststack::workflow
