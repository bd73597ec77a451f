// Files and directories. Everything that must survive a crash is written by replace_file().
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "sys/fd.h"

namespace poststack::sys {

enum class FileType { regular, directory, symlink, other };

struct FileInfo {
    FileType type = FileType::other;
    mode_t mode = 0;  ///< permission bits only
    uid_t uid = 0;
    gid_t gid = 0;
    std::uint64_t size = 0;  ///< bytes
    dev_t device = 0;
    ino_t inode = 0;
    std::chrono::system_clock::time_point modified;
};

/// Looks at `path`; nothing when it does not exist. Never follows a final symlink unless asked.
/// Errors: denied, io.
[[nodiscard]] std::optional<FileInfo> find_info(const std::filesystem::path& path,
                                                bool follow = false);

/// Reads a whole regular file of at most `limit` bytes. Errors: not_found, denied, io (also: is a
/// directory, larger than the limit).
[[nodiscard]] std::string read_file(const std::filesystem::path& path,
                                    std::uint64_t limit = 256ULL << 20);

/// As read_file(), but nothing when the file does not exist.
[[nodiscard]] std::optional<std::string> find_file(const std::filesystem::path& path,
                                                   std::uint64_t limit = 256ULL << 20);

struct Owner {
    uid_t uid;
    gid_t gid;
};

struct ReplaceOptions {
    mode_t mode = 0600;
    std::optional<Owner> owner = {};  ///< chown of the new file (needs root)
    /// False: no fsync. For what a power failure may take away, and for what somebody syncs later.
    bool sync = true;
};

/// Replaces `path` so that a crash at any instant leaves the old or the new content, never a part:
/// a draft with a unique name beside it (`<path>.draft-<random>`), fsync, rename, fsync of the
/// folder. The draft is removed on failure; one left by a kill is removed by the next writer.
/// A symlink is replaced, never followed. Errors: not_found (no such folder), denied, io.
/// Source: fsync(2), rename(2).
void replace_file(const std::filesystem::path& path,
                  std::string_view content,
                  const ReplaceOptions& options = {});

/// Creates `path` with `content`; never touches an existing file (returns false then). Atomic and
/// synced like replace_file().
[[nodiscard]] bool create_file(const std::filesystem::path& path,
                               std::string_view content,
                               const ReplaceOptions& options = {.mode = 0644, .owner = {}});

/// fsync of a directory, so that names in it survive. Errors: io.
void sync_directory(const std::filesystem::path& path);

/// Makes `path` and missing parents with `mode`; existing ones are left alone. Errors: denied, io
/// (also: something else of that name is there).
void make_directories(const std::filesystem::path& path, mode_t mode = 0755);

/// Names in a directory, sorted bytewise, without "." and "..". Errors: not_found, denied, io.
[[nodiscard]] std::vector<std::string> list_directory(const std::filesystem::path& path);

/// Removes a tree; absent is fine. Never follows symlinks. Errors: denied, io.
void remove_tree(const std::filesystem::path& path);

/// Removes one file; absent is fine. Errors: denied, io.
void remove_file(const std::filesystem::path& path);

/// Renames within one file system and syncs the parent folder(s). Errors: denied, io.
void rename_synced(const std::filesystem::path& from, const std::filesystem::path& to);

/// Copies the content of a regular file: copy_file_range, which shares blocks (reflink) where the
/// file system can, else read and write. `to` must not exist. Not synced. Errors: denied, io.
void clone_file(const std::filesystem::path& from, const std::filesystem::path& to, mode_t mode);

/// Bytes an unprivileged process may still write at `path`. Errors: io.
[[nodiscard]] std::uint64_t free_bytes(const std::filesystem::path& path);

/// A private directory (0700) below `parent` (default: TMPDIR or /tmp), removed at the end.
class TempDir {
  public:
    explicit TempDir(const std::filesystem::path& parent = {});
    TempDir(TempDir&& other) noexcept;
    TempDir& operator=(TempDir&&) = delete;
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

/// An exclusive flock(2) on a lock file, which is made when missing (0600) and never removed.
///
/// The lock belongs to the open file: a child that inherits the descriptor keeps it until the last
/// copy is closed. It is free as soon as the last holder is gone, also after kill -9.
class FileLock {
  public:
    /// Tries once; nothing when somebody else holds it. Errors: denied, io.
    [[nodiscard]] static std::optional<FileLock> try_acquire(const std::filesystem::path& path);

    /// Waits up to `limit`. Errors: conflict, naming `what` and the holder's pid where /proc/locks
    /// tells it; interrupted.
    [[nodiscard]] static FileLock acquire(const std::filesystem::path& path,
                                          std::chrono::milliseconds limit,
                                          std::string_view what);

    /// The pids of the processes that have the lock file open and locked, as far as /proc shows.
    [[nodiscard]] static std::vector<pid_t> holders(const std::filesystem::path& path);

    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

  private:
    explicit FileLock(UniqueFd fd) noexcept : fd_(std::move(fd)) {}
    UniqueFd fd_;
};

}  // namespace poststack::sys
