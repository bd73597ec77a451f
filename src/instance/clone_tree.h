// Copying a data directory that no server uses, and making it durable.
#pragma once

#include <filesystem>

#include "sys/user.h"

namespace poststack::instance {

/// Copies `from` to `to` (must not exist): directories 0700, files 0600, reflink where the file
/// system can. As `account` when we are root: files belong to it, and what it may not read is not
/// copied. Symlinks and special files are refused. Not synced. Errors: io, denied.
void clone_tree(const std::filesystem::path& from,
                const std::filesystem::path& to,
                const sys::Account& account);

/// Makes everything below `root`, and its name, durable: first starts the write-back of all files
/// (sync_file_range), then fsyncs each file and directory on several threads, so that the waits
/// overlap. Works as `account`. Errors: io.
void sync_tree(const std::filesystem::path& root, const sys::Account& account);

}  // namespace poststack::instance
