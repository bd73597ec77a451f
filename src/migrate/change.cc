#include "migrate/change.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "migrate/file_source.h"
#include "migrate/script.h"

namespace poststack::migrate {
namespace {

std::map<Version, RecordedFile> read_recorded(pg::Connection& connection,
                                              const LedgerPlace& place) {
    const pg::Result rows = connection.script(place.localise(
        "SELECT version, coalesce(normalised_checksum, ''), coalesce(token_checksum, ''), "
        "missing_accepted FROM poststack.schema_migrations"));
    std::map<Version, RecordedFile> recorded;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        RecordedFile& file = recorded[Version{rows.number(row, 0)}];
        file.normalised_checksum = rows.value(row, 1);
        file.token_checksum = rows.value(row, 2);
        file.missing_accepted = rows.boolean(row, 3);
    }
    return recorded;
}

/// A file that cannot be read as SQL any more is changed for certain.
bool is_cosmetic(const MigrationSet& set,
                 const MigrationFile& file,
                 const RecordedFile& recorded,
                 bool standard_strings) {
    if (recorded.token_checksum.empty()) return false;
    try {
        const FileChecksums now = compute_checksums(set, file, standard_strings);
        return now.normalised == recorded.normalised_checksum ||
               now.tokens == recorded.token_checksum;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::config) throw;
        return false;
    }
}

}  // namespace

FileChecksums compute_checksums(const MigrationSet& set,
                                const MigrationFile& file,
                                bool standard_strings) {
    const std::filesystem::path path = set.path(file.file_name);
    FileSource source(path);
    source.normalise();
    FileChecksums checksums;
    checksums.tokens =
        check_script(source, path.string(), {file.no_transaction, standard_strings}).token_checksum;
    static_cast<void>(source.finish());
    checksums.normalised = source.finish_normalised();
    return checksums;
}

void judge_changes(pg::Connection& connection,
                   const MigrationSet& set,
                   const Ledger& ledger,
                   Plan& plan) {
    if (plan.changed.empty() && plan.missing.empty()) return;
    if (ledger.layout < layout_with_layers) return;
    const std::map<Version, RecordedFile> recorded = read_recorded(connection, ledger.place);
    const bool standard = connection.parameter_status("standard_conforming_strings") != "off";
    std::erase_if(plan.changed, [&](const MigrationFile* file) {
        const auto found = recorded.find(file->version);
        if (found == recorded.end() || !is_cosmetic(set, *file, found->second, standard))
            return false;
        plan.cosmetic.push_back(file);
        return true;
    });
    std::erase_if(plan.missing, [&](const LedgerEntry* entry) {
        const auto found = recorded.find(entry->version);
        if (found == recorded.end() || !found->second.missing_accepted) return false;
        plan.accepted_missing.push_back(entry);
        return true;
    });
}

}  // namespace poststack::migrate
