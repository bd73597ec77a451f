#include "migrate/proof.h"

#include <set>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/client.h"
#include "migrate/preflight.h"
#include "sys/file.h"
#include "sys/hash.h"

namespace poststack::migrate {

namespace {

/// Checksums of all proofs there are.
std::set<std::string, std::less<>> read_proofs(pg::Connection& connection) {
    std::set<std::string, std::less<>> found;
    const pg::Result known =
        connection.query("SELECT pg_catalog.to_regclass('poststack.migration_proofs') IS NOT NULL");
    if (!known.boolean(0, 0)) return found;
    const pg::Result rows = connection.query("SELECT checksum FROM poststack.migration_proofs");
    for (std::size_t row = 0; row < rows.rows(); ++row)
        found.emplace(rows.value(row, 0));
    return found;
}

/// An expression for `texts` as text[].
std::string array_of(const std::vector<std::string>& texts) {
    std::vector<std::string> literals;
    literals.reserve(texts.size());
    for (const std::string& text : texts)
        literals.push_back(pg::quote_literal(text));
    return fmt::format("ARRAY[{}]::pg_catalog.text[]", join(literals, ","));
}

}  // namespace

std::string pair_checksum(std::string_view migration, const std::optional<std::string>& rollback) {
    sys::Sha256 hash;
    hash.update(migration);
    if (rollback) {
        hash.update(std::string_view("\0", 1));
        hash.update(*rollback);
    }
    return hash.finish();
}

void record_proofs(pg::Connection& connection, const std::vector<ProofRecord>& proofs) {
    if (proofs.empty()) return;
    std::vector<std::string> rows;
    std::set<std::string_view> seen;  // two pairs may have the same text
    for (const ProofRecord& proof : proofs) {
        if (!seen.insert(proof.checksum).second) continue;
        rows.push_back(fmt::format("({}, {}, {}, {}, {}, {}, {}, {}, pg_catalog.now())",
                                   pg::quote_literal(proof.checksum),
                                   proof.version.number,
                                   pg::quote_literal(proof.file_name),
                                   pg::quote_literal(proof.verdict),
                                   proof.column_order,
                                   array_of(proof.lost),
                                   proof.server_version,
                                   pg::quote_literal(poststack_version())));
    }
    connection.query(fmt::format(
        "INSERT INTO poststack.migration_proofs (checksum, version, file_name, verdict,"
        " column_order, lost, server_version, poststack_version, proven_at) VALUES {}"
        " ON CONFLICT (checksum) DO UPDATE SET version = EXCLUDED.version,"
        " file_name = EXCLUDED.file_name, verdict = EXCLUDED.verdict,"
        " column_order = EXCLUDED.column_order, lost = EXCLUDED.lost,"
        " server_version = EXCLUDED.server_version,"
        " poststack_version = EXCLUDED.poststack_version, proven_at = EXCLUDED.proven_at",
        join(rows, ", ")));
}

std::vector<const MigrationFile*> find_unproven(pg::Connection& connection,
                                                const MigrationSet& set,
                                                const std::vector<const MigrationFile*>& files) {
    std::vector<const MigrationFile*> unproven;
    if (files.empty()) return unproven;
    const auto proofs = read_proofs(connection);
    for (const MigrationFile* file : files) {
        const std::string text = sys::read_file(set.path(file->file_name));
        if (!proofs.contains(pair_checksum(text, read_rollback(set, *file))))
            unproven.push_back(file);
    }
    return unproven;
}

void require_proofs(pg::Connection& connection,
                    const MigrationSet& set,
                    const std::vector<const MigrationFile*>& files) {
    std::vector<std::string> names;
    for (const MigrationFile* file : find_unproven(connection, set, files))
        names.push_back(fmt::format("\"{}\"", file->file_name));
    if (names.empty()) return;
    throw Error(ErrorKind::conflict,
                fmt::format("{} pending migration{} not proven: {}",
                            names.size(),
                            names.size() == 1 ? " is" : "s are",
                            join(names, ", ")))
        .hint(
            "Run \"poststack database verify-migrations --prove\", which records what it proves.");
}

}  // namespace poststack::migrate
