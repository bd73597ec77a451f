// Whose data directory is this: poststack_identity.json inside it, and the lock file beside it.
//
// Every launch holds an flock(2) on the lock file; postgres inherits the descriptor, so the lock is
// free only when the last process of the server is gone. It works from container to container and
// to the host, where postmaster.pid says nothing. See docs/native.md, "Identity".
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "sys/file.h"

namespace poststack::pgfiles {

struct DataIdentity {
    std::string project_id;               ///< UUID of the project that owns the data
    std::string instance_id;              ///< UUID of this data directory; a clone gets its own
    std::filesystem::path project_path;   ///< where the owner lived when this was written
    std::filesystem::path data_path;      ///< where the data directory was
    std::uint64_t system_identifier = 0;  ///< as pg_control had it
};

inline constexpr std::string_view identity_file_name = "poststack_identity.json";

/// Parses the JSON text. Errors: config naming `origin`.
[[nodiscard]] DataIdentity parse_identity(std::string_view text, std::string_view origin);
[[nodiscard]] std::string to_text(const DataIdentity& identity);

/// Reads the identity of `data_directory`; nothing when it has none.
[[nodiscard]] std::optional<DataIdentity> find_identity(
    const std::filesystem::path& data_directory);

/// DATA.lock, beside DATA.
[[nodiscard]] std::filesystem::path lock_path(const std::filesystem::path& data_directory);

/// Takes the volume lock, waiting up to `limit`.
/// Errors: conflict, naming the holder (pid and program as far as they can be seen).
[[nodiscard]] sys::FileLock lock_data(const std::filesystem::path& data_directory,
                                      std::chrono::milliseconds limit);

/// True while some process holds the volume lock.
[[nodiscard]] bool is_locked(const std::filesystem::path& data_directory);

/// The major version in DATA/PG_VERSION (15); nothing when DATA is no data directory.
[[nodiscard]] std::optional<int> find_data_version(const std::filesystem::path& data_directory);

}  // namespace poststack::pgfiles
