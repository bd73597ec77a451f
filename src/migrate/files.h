// The migration files of a directory.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/lock_level.h"
#include "migrate/variables.h"

namespace poststack::migrate {

/// The number in a file name. `2`, `02` and `002` are the same version.
struct Version {
    std::int64_t number = 0;

    friend auto operator<=>(const Version&, const Version&) = default;
};

/// Reads digits, at most 18 significant ones. Errors: usage, for anything else, naming `text`.
[[nodiscard]] Version parse_version(std::string_view text);

/// One `NNN_name.sql` and its `NNN_name.rollback.sql`, or one `R__name.sql`.
struct MigrationFile {
    Version version;
    std::string digits;           ///< the version as written: "002"
    std::string name;             ///< "add_users"
    std::string file_name;        ///< "002_add_users.sql"
    std::string sha256;           ///< of the bytes, 64 lower-case hexadecimal digits
    std::string description;      ///< of "-- Description: ..." in the first ten lines
    std::uint64_t size = 0;       ///< bytes
    bool no_transaction = false;  ///< "-- poststack: no-transaction" above the first statement
    bool irreversible = false;    ///< "-- poststack: irreversible": nothing to undo it is meant
    bool repeatable = false;      ///< R__name.sql: no version, runs again when it changes
    bool baseline = false;        ///< "-- poststack: baseline": stands for all up to its version
    std::optional<LockLevel> max_lock = {};                      ///< "-- poststack: max-lock MODE"
    std::optional<std::chrono::milliseconds> lock_timeout = {};  ///< "-- poststack: lock-timeout T"
    std::vector<std::string> variables;                          ///< "-- poststack: variables A B"
    std::string rollback_file;  ///< file name, "" when there is none

    /// "002_add_users", "R__active_users"
    [[nodiscard]] std::string stem() const;
};

struct MigrationSet {
    std::filesystem::path directory;
    std::vector<MigrationFile> files;        ///< by version
    std::vector<MigrationFile> repeatables;  ///< R__name.sql, by file name
    std::vector<std::string> warnings;  ///< names that look like a mistake, each with the reason
    SharedVariables variables;          ///< the caller's values for ${NAME}; null: none

    [[nodiscard]] std::filesystem::path path(std::string_view file_name) const;
    [[nodiscard]] const MigrationFile* find(Version version) const noexcept;

    /// The first file when it is a baseline ("database squash"), which a database that has its
    /// version applied need not run; else null.
    [[nodiscard]] const MigrationFile* baseline() const noexcept;
};

/// The file in a migrations directory that a squash keeps while it moves others.
inline constexpr std::string_view pending_squash = ".squash-pending";

/// Lists and reads `directory`: every migration is read once for its SHA-256 and description.
///
/// Thread safe. Dot files, editors' backups and other extensions are ignored; names that look like
/// a migration but are none become warnings.
/// Errors: config for two files of one version (both named), another tool's rollback name, an
///   unknown "-- poststack:" line, a directory or device in a file's place, a version too long;
///   conflict while a squash is not finished; not_found without the directory; denied, io.
[[nodiscard]] MigrationSet read_migrations(const std::filesystem::path& directory);

}  // namespace poststack::migrate
