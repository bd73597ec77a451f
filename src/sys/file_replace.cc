// Atomic replacement. The new content is written to a draft "<name>.draft-<random>" beside the
// target, synced and renamed. The writer holds an flock on its draft, so that the next writer can
// tell the drafts of the living from what a kill left behind, across containers too, and removes
// the latter: a draft may hold a password.
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <fmt/format.h>

#include "sys/errno_error.h"
#include "sys/file.h"
#include "sys/random.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& path) {
    return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

bool lock_now(int fd) noexcept {
    return ::flock(fd, LOCK_EX | LOCK_NB) == 0;
}

/// Removes drafts of `path` whose writer is gone. Failing to is no reason not to write.
void sweep_drafts(const fs::path& path) {
    const fs::path folder = folder_of(path);
    const std::string prefix = path.filename().native() + ".draft-";
    std::vector<std::string> names;
    try {
        names = list_directory(folder);
    } catch (const Error&) {
        return;  // a folder may be writable but not readable
    }
    for (const std::string& name : names) {
        if (!name.starts_with(prefix)) continue;
        const fs::path draft = folder / name;
        const UniqueFd file(::open(draft.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
        if (file && lock_now(file.get())) ::unlink(draft.c_str());
    }
}

/// A locked, synced file that is removed unless publish() gave it its name.
class Draft {
  public:
    Draft(const fs::path& target, std::string_view content, const ReplaceOptions& options)
        : target_(target) {
        open();
        try {
            fill(content, options);
        } catch (...) {
            ::unlink(path_.c_str());
            throw;
        }
    }

    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    ~Draft() {
        if (!path_.empty()) ::unlink(path_.c_str());
    }

    /// Renames the draft over the target, or with RENAME_NOREPLACE only where nothing is; false
    /// when something is.
    [[nodiscard]] bool publish(unsigned flags) {
        const auto rename = [&](unsigned how) {
            return ::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), how);
        };
        int result = flags == 0 ? ::rename(path_.c_str(), target_.c_str()) : rename(flags);
        if (result < 0 && flags != 0 && (errno == EINVAL || errno == ENOSYS)) {
            // This file system has no such rename. The draft's own name goes with the destructor.
            result = ::link(path_.c_str(), target_.c_str());
            if (result == 0) return true;
        }
        if (result < 0 && errno == EEXIST && flags != 0) return false;
        if (result < 0) throw_errno("write", target_);
        path_.clear();
        return true;
    }

  private:
    void open() {
        constexpr int most_tries = 100;
        for (int left = most_tries; left > 0; --left) {
            path_ = target_;
            path_ += fmt::format(".draft-{:016x}", random_u64());
            file_ = UniqueFd(
                ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
            if (!file_ && (errno == EEXIST || errno == EINTR)) continue;
            if (!file_) {
                const int code = errno;
                path_.clear();
                throw_errno("write", target_, code);
            }
            // A sweeper that came between open and lock may have removed it.
            struct stat raw{};
            if (lock_now(file_.get()) && ::fstat(file_.get(), &raw) == 0 && raw.st_nlink > 0) {
                return;
            }
            ::unlink(path_.c_str());
        }
        path_.clear();
        throw Error(
            ErrorKind::io,
            fmt::format("cannot write \"{}\": no draft could be made beside it", target_.native()));
    }

    void fill(std::string_view content, const ReplaceOptions& options) {
        write_all(file_.get(), content, target_.native());
        if (options.owner && ::fchown(file_.get(), options.owner->uid, options.owner->gid) < 0) {
            throw_errno("set the owner of", target_);
        }
        if (::fchmod(file_.get(), options.mode) < 0) throw_errno("set the mode of", target_);
        if (options.sync && ::fsync(file_.get()) < 0) throw_errno("sync", target_);
    }

    fs::path target_;
    fs::path path_;  // empty once the draft has its final name
    UniqueFd file_;
};

}  // namespace

void replace_file(const fs::path& path, std::string_view content, const ReplaceOptions& options) {
    sweep_drafts(path);
    Draft draft(path, content, options);
    [[maybe_unused]] const bool done = draft.publish(0);
    if (options.sync) sync_directory(folder_of(path));
}

bool create_file(const fs::path& path, std::string_view content, const ReplaceOptions& options) {
    if (find_info(path)) return false;
    sweep_drafts(path);
    {
        Draft draft(path, content, options);
        if (!draft.publish(RENAME_NOREPLACE)) return false;
    }
    if (options.sync) sync_directory(folder_of(path));
    return true;
}

void rename_synced(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) < 0) {
        throw_errno(fmt::format("rename to \"{}\"", to.native()), from);
    }
    sync_directory(folder_of(to));
    if (folder_of(from) != folder_of(to)) sync_directory(folder_of(from));
}

}  // namespace poststack::sys
