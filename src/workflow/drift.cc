#include "workflow/drift.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "catalog/reader.h"
#include "migrate/ledger.h"
#include "migrate/repeatable.h"
#include "workflow/chain.h"

namespace poststack::workflow {

namespace {

const catalog::Scope schema_only{.hidden_schemas = {"poststack"}, .database = false};

/// Those that have run, as far as their files are there.
void add_repeatables(pg::Connection& live,
                     const migrate::Ledger& ledger,
                     const migrate::MigrationSet& set,
                     std::vector<const migrate::MigrationFile*>& applied,
                     DriftReport& report) {
    const auto runs = migrate::read_repeatables(live, ledger);
    const bool standard = live.parameter_status("standard_conforming_strings") != "off";
    for (const migrate::MigrationFile& file : set.repeatables) {
        const auto state = migrate::compare_repeatable(set, file, runs, standard);
        if (state == migrate::RepeatableState::absent) continue;
        if (state == migrate::RepeatableState::changed) {
            report.warnings.push_back(
                fmt::format("\"{}\" was changed and has not run since", file.file_name));
        }
        applied.push_back(&file);
    }
    for (const migrate::RepeatableRun& run : runs) {
        const bool is_there = std::any_of(set.repeatables.begin(),
                                          set.repeatables.end(),
                                          [&](const auto& file) { return file.name == run.name; });
        if (is_there) continue;
        report.warnings.push_back(
            fmt::format("\"{}\" has run and is gone: what it made is not expected", run.file_name));
    }
}

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
    const migrate::Ledger ledger = migrate::read_ledger(live);
    for (const migrate::LedgerEntry& entry : ledger.entries) {
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
    add_repeatables(live, ledger, set, applied, report);
    replay_chain(scratch.login(), set, applied);
    report.replayed = applied.size();
    pg::Connection expected(scratch.login());
    report.diff = compare_databases(live, expected);
    return report;
}

}  // namespace poststack::workflow
