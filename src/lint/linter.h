// Lints migrations in their order.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lint/rule.h"
#include "lint/schema.h"

namespace poststack::lint {

/// A file to lint, or to read only for what later files need to know.
struct LintFile {
    std::filesystem::path path;
    std::string name;  ///< as it is shown
    bool report = true;
    std::optional<std::string> text = {};  ///< its content where that is known already
};

/// A migration with its rollback. A rollback alone is a pair without a migration.
struct LintPair {
    std::optional<LintFile> migration = {};
    std::optional<LintFile> rollback = {};
    bool expects_rollback = true;  ///< false: it is no migration of a project, only a SQL file
};

/// A statement that the parser, which is that of PostgreSQL 15, did not accept.
struct NotAnalysed {
    std::string file;
    Place place;
    std::string reason;
};

struct LintReport {
    std::vector<Finding> findings;  ///< by file in the order given, then by place
    std::vector<NotAnalysed> not_analysed;
    std::size_t files = 0;
    std::size_t statements = 0;

    [[nodiscard]] std::size_t count(Severity severity) const noexcept;
};

/// Lints the files in the order of their migrations, starting from `schema`.
///
/// Errors: not_found, denied, io for a file that cannot be read.
[[nodiscard]] LintReport lint(const std::vector<LintPair>& pairs, Schema schema = {});

}  // namespace poststack::lint
