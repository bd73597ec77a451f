#include <array>
#include <cerrno>
#include <fcntl.h>
#include <limits>
#include <memory>
#include <sys/stat.h>

#include "sys/errno_error.h"
#include "sys/file.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;

/// Copies by the kernel alone; false when these file systems cannot, with the offsets of both
/// files still at 0.
bool copy_in_kernel(int from, int to, const fs::path& target) {
    bool started = false;
    for (;;) {
        const ssize_t count = ::copy_file_range(from, nullptr, to, nullptr, 1U << 30, 0);
        if (count == 0) return started;  // 0 at once: an empty file, or a file system that lies
        if (count > 0) {
            started = true;
        } else if (errno != EINTR) {
            const int code = errno;
            const bool unable = code == EXDEV || code == EINVAL || code == ENOSYS ||
                                code == EOPNOTSUPP || code == EPERM;
            if (started || !unable) throw_errno("write", target, code);
            return false;
        }
    }
}

void copy_by_hand(int from, int to, const fs::path& source, const fs::path& target) {
    constexpr std::size_t piece = 128U << 10;
    const auto buffer = std::make_unique_for_overwrite<char[]>(piece);
    for (;;) {
        const ssize_t count = ::read(from, buffer.get(), piece);
        if (count == 0) return;
        if (count > 0) {
            write_all(to, {buffer.get(), static_cast<std::size_t>(count)}, target.native());
        } else if (errno != EINTR) {
            throw_errno("read", source);
        }
    }
}

}  // namespace

void clone_file(const fs::path& from, const fs::path& to, mode_t mode) {
    const UniqueFd source(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!source) throw_errno("read", from);
    const UniqueFd target(
        ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
    if (!target) throw_errno("write", to);
    try {
        struct stat made{};
        // The umask seldom takes bits away, and looking is cheaper than a change of the inode.
        const bool differs = ::fstat(target.get(), &made) < 0 || (made.st_mode & 07777U) != mode;
        if (differs && ::fchmod(target.get(), mode) < 0) throw_errno("set the mode of", to);
        if (copy_in_kernel(source.get(), target.get(), to)) return;
        copy_by_hand(source.get(), target.get(), from, to);
    } catch (...) {
        ::unlink(to.c_str());
        throw;
    }
}

}  // namespace poststack::sys
