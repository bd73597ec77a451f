#include "sys/private_file.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "sys/errno_error.h"
#include "sys/user.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

[[noreturn]] void refuse(const fs::path& path, std::string_view why, std::string hint) {
    throw Error(ErrorKind::config, fmt::format("cannot use \"{}\": {}", path.native(), why))
        .hint(std::move(hint));
}

[[noreturn]] void refuse_symlink(const fs::path& path) {
    refuse(
        path,
        "it is a symbolic link",
        fmt::format("Replace the link by a file of its own: cp --remove-destination \"$(readlink "
                    "-f {0})\" {0}",
                    path.native()));
}

void check_type(const fs::path& path, const struct stat& found) {
    if (S_ISREG(found.st_mode)) return;
    const std::string kind = S_ISDIR(found.st_mode) ? "it is a directory" : "it is no regular file";
    refuse(path, kind, "Move it away; a regular file belongs there.");
}

void check_owner(const fs::path& path, const struct stat& found) {
    if (found.st_uid == ::geteuid()) return;
    const auto folder = find_info(folder_of(path), true);
    if (is_root() && folder && folder->uid == found.st_uid) return;
    const auto account = find_account(found.st_uid);
    const std::string owner = account ? account->name : fmt::format("uid {}", found.st_uid);
    refuse(path,
           fmt::format("it belongs to another account ({})", owner),
           fmt::format("Run the command as {}, or make the file your own with chown.", owner));
}

std::string read_all(int fd, const fs::path& path, std::uint64_t limit) {
    std::string content;
    std::array<char, 16384> buffer{};
    for (;;) {
        const ssize_t count = ::read(fd, buffer.data(), buffer.size());
        if (count == 0) return content;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw_errno("read", path);
        content.append(buffer.data(), static_cast<std::size_t>(count));
        if (content.size() > limit) {
            throw Error(
                ErrorKind::io,
                fmt::format(
                    "cannot read \"{}\": it is larger than {} bytes", path.native(), limit));
        }
    }
}

}  // namespace

std::optional<PrivateFile> find_private_file(const fs::path& path, std::uint64_t limit) {
    // O_NONBLOCK: a fifo of that name must not make us wait.
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file) {
        if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
        if (errno == ELOOP) refuse_symlink(path);
        throw_errno("read", path);
    }
    struct stat found{};
    if (::fstat(file.get(), &found) < 0) throw_errno("look at", path);
    check_type(path, found);
    check_owner(path, found);

    PrivateFile result;
    result.info.type = FileType::regular;
    result.info.mode = found.st_mode & 07777U;
    result.info.uid = found.st_uid;
    result.info.gid = found.st_gid;
    result.info.size = static_cast<std::uint64_t>(found.st_size);
    result.info.device = found.st_dev;
    result.info.inode = found.st_ino;
    if ((result.info.mode & 0177U) != 0) {
        if (::fchmod(file.get(), 0600) < 0) throw_errno("take others' permissions from", path);
        result.narrowed = true;
    }
    result.content = read_all(file.get(), path, limit);
    return result;
}

void make_private_directory(const fs::path& path, const std::optional<Owner>& owner, mode_t mode) {
    if (::mkdir(path.c_str(), mode) < 0) {
        const int code = errno;
        const auto found = find_info(path);
        if (found && found->type == FileType::directory) return;
        if (found && found->type == FileType::symlink) refuse_symlink(path);
        if (found) refuse(path, "it is no directory", "Move it away; a directory belongs there.");
        throw_errno("make directory", path, code);
    }
    if (!owner) return;
    const UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (!folder || ::fchown(folder.get(), owner->uid, owner->gid) < 0) {
        throw_errno("change the owner of", path);
    }
}

void give_away(int fd, const Owner& owner) {
    if (::fchown(fd, owner.uid, owner.gid) < 0) {
        throw_errno("change the owner of", fmt::format("/proc/self/fd/{}", fd));
    }
}

}  // namespace poststack::sys
