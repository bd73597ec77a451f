#include "workflow/drift.h"

#include <fmt/format.h>

#include "base/error.h"
#include "catalog/reader.h"
#include "migrate/ledger.h"
#include "workflow/chain.h"

namespace poststack::workflow {

namespace {

const catalog::Scope schema_only{.hidden_schemas = {"poststack"}, .database = false};

}  // namespace

catalog::Diff compare_databases(pg::Connection& live, pg::Connection& other) {
    return catalog::diff(catalog::read_fingerprint(other, schema_only),
                         catalog::read_fingerprint(live, schema_only));
}

DriftReport find_drift(pg::Connection& live,
                       const migrate::MigrationSet& set,
                       const ScratchDatabase& scratch) {
    DriftReport report;
    std::vector<const migrate::MigrationFile*> applied;
    const migrate::MigrationFile* baseline = set.baseline();
    for (const migrate::LedgerEntry& entry : migrate::read_ledger(live).entries) {
        if (baseline != nullptr && entry.version < baseline->version) continue;
        const migrate::MigrationFile* file = set.find(entry.version);
        if (file == nullptr) {
            throw Error(ErrorKind::conflict,
                        fmt::format("\"{}\" is applied, but its file is gone: what the migrations "
                                    "give cannot be told",
                                    entry.file_name))
                .hint("Bring the file back into \"" + set.directory.string() + "\".");
        }
        if (file->sha256 != entry.checksum && file != baseline) {
            report.warnings.push_back(
                fmt::format("\"{}\" was changed after it was applied", file->file_name));
        }
        applied.push_back(file);
    }
    replay_chain(scratch.login(), set, applied);
    report.replayed = applied.size();
    pg::Connection expected(scratch.login());
    report.diff = compare_databases(live, expected);
    return report;
}

}  // namespace poststack::workflow
