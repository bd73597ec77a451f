// Finding PostgreSQL's programs on this machine.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "sys/user.h"

namespace poststack::instance {

/// The oldest major version that poststack runs (PRODUCT.md).
inline constexpr int oldest_major = 13;

/// One installed PostgreSQL.
struct Binaries {
    std::filesystem::path directory;  ///< holds postgres and initdb
    std::string version_text;         ///< `postgres --version`, whole, without the line end
    int major = 0;

    [[nodiscard]] std::filesystem::path postgres() const { return directory / "postgres"; }

    [[nodiscard]] std::filesystem::path initdb() const { return directory / "initdb"; }
};

/// What to look for and where.
struct BinariesQuery {
    std::optional<std::filesystem::path> directory;  ///< the setting: only there
    std::optional<int> major;                        ///< only this major version
    std::string path;                                ///< PATH; wrapper scripts in it are skipped
    std::filesystem::path versioned_root = "/usr/lib/postgresql";  ///< ROOT/<major>/bin
    std::optional<sys::Account> account;  ///< who asks a program for its version (root only)
};

/// The major version in "postgres (PostgreSQL) 15.20 (Debian ...)" or "... 18beta1".
[[nodiscard]] std::optional<int> parse_major(const std::string& version_text);

/// Finds the programs: the setting, then PATH, then ROOT/<major>/bin (the wanted major, else the
/// newest). `cache_directory` remembers versions by file (device, inode, size, time), so that the
/// program is not started each time.
///
/// Errors: not_found with the package to install; config when the setting names no PostgreSQL or
/// one that is too old.
[[nodiscard]] Binaries find_binaries(
    const BinariesQuery& query,
    const std::optional<std::filesystem::path>& cache_directory = std::nullopt);

/// Every usable PostgreSQL here, newest first (for doctor).
[[nodiscard]] std::vector<Binaries> list_binaries(const BinariesQuery& query);

}  // namespace poststack::instance
