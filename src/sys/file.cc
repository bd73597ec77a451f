#include "sys/file.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/errno_error.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;

FileInfo to_info(const struct stat& raw) {
    FileInfo info;
    if (S_ISREG(raw.st_mode)) info.type = FileType::regular;
    if (S_ISDIR(raw.st_mode)) info.type = FileType::directory;
    if (S_ISLNK(raw.st_mode)) info.type = FileType::symlink;
    info.mode = raw.st_mode & 07777U;
    info.uid = raw.st_uid;
    info.gid = raw.st_gid;
    info.size = static_cast<std::uint64_t>(raw.st_size);
    info.device = raw.st_dev;
    info.inode = raw.st_ino;
    info.modified = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::seconds(raw.st_mtim.tv_sec) +
            std::chrono::nanoseconds(raw.st_mtim.tv_nsec)));
    return info;
}

/// Opens a file for reading; nothing when it does not exist. Does not hang on a named pipe.
UniqueFd open_to_read(const fs::path& path) {
    for (;;) {
        UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        if (file || errno == ENOENT || errno == ENOTDIR) return file;
        if (errno != EINTR) throw_errno("read", path);
    }
}

[[noreturn]] void throw_too_large(const fs::path& path, std::uint64_t limit) {
    throw Error(
        ErrorKind::io,
        fmt::format("cannot read \"{}\": it is larger than {}", path.native(), human_bytes(limit)));
}

std::string read_open_file(const UniqueFd& file, const fs::path& path, std::uint64_t limit) {
    struct stat raw{};
    if (::fstat(file.get(), &raw) < 0) throw_errno("read", path);
    if (!S_ISREG(raw.st_mode)) {
        const std::string_view kind = S_ISDIR(raw.st_mode) ? "a directory" : "not a regular file";
        throw Error(ErrorKind::io,
                    fmt::format("cannot read \"{}\": it is {}", path.native(), kind));
    }
    if (static_cast<std::uint64_t>(raw.st_size) > limit) throw_too_large(path, limit);

    // Files in /proc say 0 bytes and others may grow: the size is only the first guess.
    std::string content(static_cast<std::size_t>(raw.st_size) + 1, '\0');
    std::size_t used = 0;
    for (;;) {
        const ssize_t count = ::read(file.get(), content.data() + used, content.size() - used);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw_errno("read", path);
        if (count == 0) break;
        used += static_cast<std::size_t>(count);
        if (used > limit) throw_too_large(path, limit);
        if (used == content.size()) content.resize(used * 2 + 4096);
    }
    content.resize(used);
    return content;
}

bool leads_to_directory(const fs::path& path) {
    struct stat raw{};
    return ::stat(path.c_str(), &raw) == 0 && S_ISDIR(raw.st_mode);
}

}  // namespace

std::optional<FileInfo> find_info(const fs::path& path, bool follow) {
    struct stat raw{};
    if (::fstatat(AT_FDCWD, path.c_str(), &raw, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
        throw_errno("look at", path);
    }
    return to_info(raw);
}

std::string read_file(const fs::path& path, std::uint64_t limit) {
    const UniqueFd file = open_to_read(path);
    if (!file) throw_errno("read", path);
    return read_open_file(file, path, limit);
}

std::optional<std::string> find_file(const fs::path& path, std::uint64_t limit) {
    const UniqueFd file = open_to_read(path);
    if (!file) return std::nullopt;
    return read_open_file(file, path, limit);
}

void sync_directory(const fs::path& path) {
    const fs::path& shown = path.empty() ? fs::path(".") : path;
    const UniqueFd folder(::open(shown.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || ::fsync(folder.get()) < 0) throw_errno("sync", shown);
}

void make_directories(const fs::path& path, mode_t mode) {
    if (path.empty() || leads_to_directory(path)) return;
    if (path.has_parent_path() && path.parent_path() != path) {
        make_directories(path.parent_path(), mode);
    }
    if (path.filename().empty()) return;  // "a/b/" names "a/b", which exists now
    if (::mkdir(path.c_str(), mode) == 0) return;
    const int code = errno;
    if (code != EEXIST) throw_errno("make directory", path, code);
    if (leads_to_directory(path)) return;  // somebody was quicker
    throw Error(ErrorKind::io,
                fmt::format("cannot make directory \"{}\": a file of that name is in the way",
                            path.native()));
}

std::vector<std::string> list_directory(const fs::path& path) {
    struct Close {
        void operator()(DIR* folder) const noexcept { ::closedir(folder); }
    };
    const std::unique_ptr<DIR, Close> folder(::opendir(path.c_str()));
    if (!folder) throw_errno("list", path);
    std::vector<std::string> names;
    for (;;) {
        errno = 0;
        const dirent* entry = ::readdir(folder.get());  // NOLINT(concurrency-mt-unsafe): own stream
        if (entry == nullptr) break;
        const std::string_view name = entry->d_name;
        if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) throw_errno("list", path);
    std::ranges::sort(names);
    return names;
}

void remove_tree(const fs::path& path) {
    std::error_code failure;
    fs::remove_all(path, failure);
    if (failure) throw_errno("remove", path, failure.value());
}

void remove_file(const fs::path& path) {
    if (::unlink(path.c_str()) < 0 && errno != ENOENT && errno != ENOTDIR) {
        throw_errno("remove", path);
    }
}

std::uint64_t free_bytes(const fs::path& path) {
    struct statvfs raw{};
    if (::statvfs(path.c_str(), &raw) < 0) throw_errno("look at", path);
    return static_cast<std::uint64_t>(raw.f_bavail) * raw.f_frsize;
}

}  // namespace poststack::sys
