#include "instance/clone_tree.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <exception>
#include <fcntl.h>
#include <mutex>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "sys/act_as.h"
#include "sys/errno_error.h"
#include "sys/fd.h"
#include "sys/file.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;

/// What is below a directory, relative to it; directories come before what is in them.
struct Listing {
    std::vector<fs::path> directories;
    std::vector<fs::path> files;
};

void list_below(const fs::path& root, const fs::path& below, Listing& listing) {
    for (const auto& entry : fs::directory_iterator(root / below)) {
        const fs::path relative = below / entry.path().filename();
        const fs::file_type type = entry.symlink_status().type();
        if (type == fs::file_type::directory) {
            listing.directories.push_back(relative);
            list_below(root, relative, listing);
        } else if (type == fs::file_type::regular) {
            listing.files.push_back(relative);
        } else if (type != fs::file_type::not_found) {
            throw Error(ErrorKind::io,
                        fmt::format("cannot copy \"{}\": it is neither a file nor a directory",
                                    (root / relative).string()));
        }
    }
}

Listing list_tree(const fs::path& root) {
    Listing listing;
    try {
        list_below(root, "", listing);
    } catch (const fs::filesystem_error& error) {
        sys::throw_errno("read", error.path1(), error.code().value());
    }
    return listing;
}

/// Copying is mostly kernel work on one directory tree: more threads only wait for each other.
constexpr std::size_t copy_threads = 2;

/// An fsync is mostly waiting, for the journal and for the disk to empty its cache, and those who
/// wait at the same time are served by one flush.
constexpr std::size_t sync_threads = 16;

/// Runs `work(index)` for each index below `count` on `threads` threads, this one among them, as
/// `account`; throws the first failure.
template <class Work>
void run_parallel(std::size_t count,
                  std::size_t threads,
                  const sys::Account& account,
                  const Work& work) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr failure;
    std::mutex failure_lock;
    const auto run = [&] {
        try {
            const sys::ActAs as(account);
            for (std::size_t index = next++; index < count; index = next++)
                work(index);
        } catch (...) {
            const std::scoped_lock guard(failure_lock);
            if (!failure) failure = std::current_exception();
            next = count;
        }
    };
    {
        std::vector<std::jthread> helpers;
        while (helpers.size() + 1 < std::min(threads, count))
            helpers.emplace_back(run);
        run();
    }
    if (failure) std::rethrow_exception(failure);
}

void make_directory(const fs::path& path) {
    if (::mkdir(path.c_str(), 0700) != 0) sys::throw_errno("create", path);
}

/// Calls `use` with an open descriptor; a file that has gone meanwhile is no failure: a server may
/// be at work here already.
template <class Use>
void with_open(const fs::path& path, int flags, const Use& use) {
    const sys::UniqueFd file(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW));
    if (file) {
        use(file.get());
    } else if (errno != ENOENT) {
        sys::throw_errno("open", path);
    }
}

void sync_path(const fs::path& path, int flags) {
    with_open(path, flags, [&](int file) {
        if (::fsync(file) != 0) sys::throw_errno("sync", path);
    });
}

}  // namespace

void clone_tree(const fs::path& from, const fs::path& to, const sys::Account& account) {
    const sys::ActAs as(account);
    const Listing listing = list_tree(from);
    make_directory(to);
    for (const fs::path& directory : listing.directories)
        make_directory(to / directory);
    run_parallel(listing.files.size(), copy_threads, account, [&](std::size_t index) {
        sys::clone_file(from / listing.files[index], to / listing.files[index], 0600);
    });
}

void sync_tree(const fs::path& root, const sys::Account& account) {
    const sys::ActAs as(account);
    const Listing listing = list_tree(root);
    for (const fs::path& file : listing.files) {
        // Only starts the writing. That it failed will be told by fsync.
        with_open(root / file, O_RDONLY, [](int opened) {
            (void)::sync_file_range(opened, 0, 0, SYNC_FILE_RANGE_WRITE);
        });
    }
    std::vector<fs::path> directories{root.parent_path(), root};
    for (const fs::path& directory : listing.directories)
        directories.push_back(root / directory);
    const std::size_t files = listing.files.size();
    run_parallel(files + directories.size(), sync_threads, account, [&](std::size_t index) {
        if (index < files) {
            sync_path(root / listing.files[index], O_RDONLY);
        } else {
            sync_path(directories[index - files], O_RDONLY | O_DIRECTORY);
        }
    });
}

}  // namespace poststack::instance
