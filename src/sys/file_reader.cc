#include "sys/file_reader.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "sys/errno_error.h"

namespace poststack::sys {

FileReader::FileReader(const std::filesystem::path& path)
    : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) {
    if (!fd_) throw_errno("open", path_);
    struct stat info{};
    if (::fstat(fd_.get(), &info) < 0) throw_errno("look at", path_);
    size_ = static_cast<std::uint64_t>(info.st_size);
    if (S_ISREG(info.st_mode)) return;
    throw Error(ErrorKind::config,
                fmt::format("\"{}\" is {}, not a file",
                            path_.string(),
                            S_ISDIR(info.st_mode) ? "a directory" : "a device, pipe or socket"));
}

std::size_t FileReader::read(char* into, std::size_t count) {
    // Thousands of small files are read: asking each of them once more for its end counts.
    if (size_ > 0 && read_ == size_) return 0;
    for (;;) {
        const ssize_t got = ::read(fd_.get(), into, count);
        if (got >= 0) {
            read_ += static_cast<std::uint64_t>(got);
            return static_cast<std::size_t>(got);
        }
        if (errno != EINTR) throw_errno("read", path_);
    }
}

}  // namespace poststack::sys
