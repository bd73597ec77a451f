// One baseline file in place of the beginning of a chain of migrations.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "catalog/diff.h"
#include "migrate/files.h"
#include "workflow/scratch.h"

namespace poststack::workflow {

struct Baseline {
    std::string text;          ///< of the file
    std::size_t replaced = 0;  ///< migrations it stands for
    std::size_t rows = 0;      ///< rows that the migrations had made and the baseline makes as well

    /// What the baseline gives otherwise than the chain: nothing when it is proven.
    catalog::Diff difference;
    std::vector<std::string> other_rows;  ///< tables and sequences whose contents differ

    [[nodiscard]] bool is_proven() const noexcept {
        return difference.empty() && other_rows.empty();
    }
};

/// Replays the migrations of `set` up to and with `up_to` on `scratch`, dumps the result with
/// `pg_dump`, replays the dump on an empty database and compares catalogue, rows and sequences.
///
/// Errors: not_found when there is no such migration; tool when pg_dump fails; what replaying
///   throws. Nothing is written anywhere but into `scratch`.
[[nodiscard]] Baseline make_baseline(ScratchDatabase& scratch,
                                     const migrate::MigrationSet& set,
                                     migrate::Version up_to,
                                     const std::filesystem::path& pg_dump);

/// Puts `text` in place of the migrations of `set` up to and with `up_to`, which move into
/// "squashed-<version>" beside it, with their rollbacks. Returns the new file's name.
///
/// Killed in between, finish_squash() does the rest.
/// Errors: conflict when there is such a directory already; denied, io.
[[nodiscard]] std::string put_baseline(const migrate::MigrationSet& set,
                                       migrate::Version up_to,
                                       const std::string& text);

/// Finishes a put_baseline() that was killed and returns the new file's name; nothing when there
/// was none, or when it was killed before it had decided anything. Until then read_migrations()
/// refuses. Errors: denied, io.
std::optional<std::string> finish_squash(const std::filesystem::path& migrations);

}  // namespace poststack::workflow
