// Files that hold secrets: opened so that nobody can slip in a link or another file meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "sys/file.h"

namespace poststack::sys {

/// A file read by read_private_file().
struct PrivateFile {
    std::string content;
    FileInfo info;          ///< as found, before the mode was narrowed
    bool narrowed = false;  ///< others could use it; it has mode 0600 now
};

/// Reads a regular file of this account (for root also: of the owner of its folder) and takes
/// group's and others' permissions away. Every look is at the open file, so that a swapped name
/// changes nothing.
///
/// Nothing when it does not exist.
/// Errors: config for a symlink, anything but a regular file, and another account's file; denied,
/// io.
[[nodiscard]] std::optional<PrivateFile> find_private_file(const std::filesystem::path& path,
                                                           std::uint64_t limit = 16ULL << 20);

/// Makes one directory and, when `owner` is given, gives it away; an existing one is left alone.
/// Errors: config for a symlink or a file; denied, io.
void make_private_directory(const std::filesystem::path& path,
                            const std::optional<Owner>& owner,
                            mode_t mode = 0700);

/// Makes `owner` the owner of an open file. Errors: denied, io.
void give_away(int fd, const Owner& owner);

}  // namespace poststack::sys
