#include "workflow/drift.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "catalog/reader.h"
#include "migrate/ledger.h"
#include "migrate/repeatable.h"
#include "migrate/session.h"
#include "workflow/chain.h"

namespace poststack::workflow {

namespace {

catalog::Scope schema_only() {
    return {.hidden_schemas = {"poststack"}, .database = false};
}

/// What stands before a message about a ledger that is not the database's.
std::string in_schema(const migrate::LedgerPlace& place) {
    return place.is_database() ? std::string() : place.describe() + ": ";
}

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
            report.warnings.push_back(fmt::format("{}\"{}\" was changed and has not run since",
                                                  in_schema(ledger.place),
                                                  file.file_name));
        }
        applied.push_back(&file);
    }
    for (const migrate::RepeatableRun& run : runs) {
        const bool is_there = std::any_of(set.repeatables.begin(),
                                          set.repeatables.end(),
                                          [&](const auto& file) { return file.name == run.name; });
        if (is_there) continue;
        report.warnings.push_back(
            fmt::format("{}\"{}\" has run and is gone: what it made is not expected",
                        in_schema(ledger.place),
                        run.file_name));
    }
}

/// The files that a ledger says are applied, in order. Errors: conflict when one is gone.
std::vector<const migrate::MigrationFile*> applied_files(pg::Connection& live,
                                                         const migrate::MigrationSet& set,
                                                         const migrate::Ledger& ledger,
                                                         DriftReport& report) {
    std::vector<const migrate::MigrationFile*> applied;
    const migrate::MigrationFile* baseline = set.baseline();
    for (const migrate::LedgerEntry& entry : ledger.entries) {
        if (baseline != nullptr && entry.version < baseline->version) continue;
        const migrate::MigrationFile* file = set.find(entry.version);
        if (file == nullptr) {
            throw Error(ErrorKind::conflict,
                        fmt::format("{}\"{}\" is applied, but its file is gone: what the "
                                    "migrations give cannot be told",
                                    in_schema(ledger.place),
                                    entry.file_name))
                .hint("Bring the file back into \"" + set.directory.string() + "\".");
        }
        if (file->sha256 != entry.checksum && file != baseline) {
            report.warnings.push_back(fmt::format("{}\"{}\" was changed after it was applied",
                                                  in_schema(ledger.place),
                                                  file->file_name));
        }
        applied.push_back(file);
    }
    add_repeatables(live, ledger, set, applied, report);
    return applied;
}

/// Does on `scratch` what one ledger of the live database says was done there.
void replay_ledger(pg::Connection& live,
                   const migrate::LedgerPlace& place,
                   migrate::MigrationSet set,
                   const ScratchDatabase& scratch,
                   DriftReport& report) {
    const migrate::Ledger ledger = migrate::read_ledger(live, place);
    if (!ledger.exists()) {
        if (!place.is_database())
            report.warnings.push_back(place.describe() +
                                      " has no ledger: nothing was applied there");
        return;
    }
    const auto applied = applied_files(live, set, ledger, report);
    if (!place.is_database()) {
        pg::Connection(scratch.login())
            .script("CREATE SCHEMA IF NOT EXISTS " + pg::quote_identifier(place.schema()));
        set.variables = migrate::with_schema(set.variables, place.schema());
    }
    if (applied.empty()) return;
    replay_chain(migrate::schema_login(scratch.login(), place), set, applied);
    report.replayed += applied.size();
}

/// Schemas that have a ledger of their own and are not among `known`.
std::vector<std::string> other_ledgers(pg::Connection& live,
                                       const std::vector<std::string>& known) {
    const pg::Result found = live.script(
        "SELECT n.nspname FROM pg_catalog.pg_class c"
        " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relname = 'poststack_schema_migrations' AND c.relkind = 'r'");
    std::vector<std::string> others;
    for (std::size_t row = 0; row < found.rows(); ++row) {
        const std::string schema(found.value(row, 0));
        if (std::find(known.begin(), known.end(), schema) == known.end()) others.push_back(schema);
    }
    return others;
}

/// `found` without the ledgers that lie in `schemas`.
catalog::Fingerprint without_ledgers(const catalog::Fingerprint& found,
                                     pg::Connection& session,
                                     const std::vector<std::string>& schemas) {
    constexpr std::array<std::string_view, 6> tables = {"schema_migrations",
                                                        "repeatable_migrations",
                                                        "migration_progress",
                                                        "migration_proofs",
                                                        "migration_repairs",
                                                        "system_info"};
    std::vector<std::string> prefixes;
    for (const std::string& schema : schemas) {
        // As the fingerprint quotes it: only where needed.
        const pg::Result name = session.query("SELECT pg_catalog.quote_ident($1)", {schema});
        for (const std::string_view table : tables)
            prefixes.push_back(fmt::format("{}.poststack_{}", name.value(0, 0), table));
    }
    const auto is_ledger = [&](const catalog::ObjectPtr& object) {
        return std::any_of(prefixes.begin(), prefixes.end(), [&](const std::string& prefix) {
            return object->identity.starts_with(prefix) || object->parent == "table " + prefix;
        });
    };
    std::vector<catalog::ObjectPtr> kept;
    for (const catalog::ObjectPtr& object : found.objects()) {
        if (!is_ledger(object)) kept.push_back(object);
    }
    return catalog::Fingerprint::from_sorted(std::move(kept));
}

}  // namespace

catalog::Diff compare_databases(pg::Connection& live, pg::Connection& other) {
    return catalog::diff(catalog::read_fingerprint(other, schema_only()),
                         catalog::read_fingerprint(live, schema_only()));
}

DriftReport find_drift(pg::Connection& live,
                       const migrate::MigrationSet& set,
                       const ScratchDatabase& scratch,
                       const std::vector<std::string>& schemas) {
    DriftReport report;
    replay_ledger(live, {}, set, scratch, report);
    for (const std::string& schema : schemas)
        replay_ledger(live, migrate::LedgerPlace(schema), set, scratch, report);
    pg::Connection expected(scratch.login());
    catalog::Scope scope = schema_only();
    if (!schemas.empty()) {
        for (std::string& other : other_ledgers(live, schemas))
            scope.hidden_schemas.push_back(std::move(other));
    }
    report.diff =
        catalog::diff(catalog::read_fingerprint(expected, scope),
                      without_ledgers(catalog::read_fingerprint(live, scope), live, schemas));
    return report;
}

}  // namespace poststack::workflow
