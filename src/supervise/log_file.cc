#include "supervise/log_file.h"

#include <cerrno>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace poststack::supervise {

LogFile::LogFile(std::string path, std::uint64_t max_bytes, int backups)
    : path_(std::move(path)), max_bytes_(max_bytes), backups_(backups) {}

int LogFile::open() noexcept {
    // O_NONBLOCK for a FIFO without a reader; a regular file does not know it.
    fd_ = sys::UniqueFd(::open(
        path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644));
    if (!fd_) return errno;
    struct stat info{};
    if (::fstat(fd_.get(), &info) < 0) return errno;
    can_rotate_ = S_ISREG(info.st_mode) && max_bytes_ > 0;
    size_ = static_cast<std::uint64_t>(info.st_size);
    return 0;
}

int LogFile::reopen() noexcept {
    fd_ = sys::UniqueFd();
    return open();
}

int LogFile::clear() noexcept {
    if (!can_rotate_ && fd_) return ::ftruncate(fd_.get(), 0) < 0 ? errno : 0;
    try {
        for (int number = 1; number <= backups_; ++number)
            ::unlink((path_ + "." + std::to_string(number)).c_str());
    } catch (const std::exception&) {
        return ENOMEM;
    }
    if (::unlink(path_.c_str()) < 0 && errno != ENOENT) return errno;
    return reopen();
}

void LogFile::append(std::string_view bytes) noexcept {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = ::write(fd_.get(), bytes.data() + done, bytes.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            lose(bytes, done, count < 0 ? errno : ENOSPC);
            return;
        }
        size_ += static_cast<std::uint64_t>(count);
        done += static_cast<std::size_t>(count);
    }
    tell(0);
}

void LogFile::lose(std::string_view bytes, std::size_t done, int code) noexcept {
    // Half a line is taken back, or the next one would stand on its end; not where somebody else
    // writes into the file too.
    const std::size_t whole = done == 0 ? 0 : bytes.rfind('\n', done - 1) + 1;
    const std::uint64_t half = done - whole;
    struct stat info{};
    const bool is_ours = ::fstat(fd_.get(), &info) == 0 && S_ISREG(info.st_mode) &&
                         static_cast<std::uint64_t>(info.st_size) == size_;
    if (half > 0 && is_ours && ::ftruncate(fd_.get(), static_cast<off_t>(size_ - half)) == 0) {
        size_ -= half;
        done = whole;
    }
    lost_ += bytes.size() - done;
    tell(code);
}

void LogFile::tell(int code) noexcept {
    const bool fails = code != 0;
    if (std::exchange(failing_, fails) == fails || !trouble_) return;
    try {
        trouble_(code, lost_);
    } catch (const std::exception&) {
        return;  // deliberately quiet: there is no memory to say it with
    }
}

void LogFile::write(std::string_view lines) noexcept {
    if (!fd_) {
        if (const int code = open(); code != 0) {
            lost_ += lines.size();
            tell(code);
            return;
        }
    }
    while (can_rotate_ && size_ + lines.size() > max_bytes_) {
        // As many whole lines as still fit, the rest into the next file.
        const std::uint64_t room = max_bytes_ > size_ ? max_bytes_ - size_ : 0;
        std::size_t fits = room == 0 ? 0 : lines.rfind('\n', room - 1);
        fits = fits == std::string_view::npos || room == 0 ? 0 : fits + 1;
        if (fits > 0) append(lines.substr(0, fits));
        lines.remove_prefix(fits);
        if (fits == 0 && size_ == 0) {
            // A line longer than a whole file has one of its own.
            const std::size_t line = std::min(lines.find('\n'), lines.size() - 1) + 1;
            append(lines.substr(0, line));
            lines.remove_prefix(line);
        }
        if (lines.empty()) return;
        rotate();
    }
    append(lines);
}

void LogFile::rotate() noexcept {
    try {
        if (backups_ == 0) {
            if (::ftruncate(fd_.get(), 0) == 0) size_ = 0;
            return;
        }
        for (int number = backups_ - 1; number >= 0; --number) {
            const std::string from = number == 0 ? path_ : path_ + "." + std::to_string(number);
            const std::string to = path_ + "." + std::to_string(number + 1);
            [[maybe_unused]] const int moved = std::rename(from.c_str(), to.c_str());
        }
    } catch (const std::exception&) {
        can_rotate_ = false;
        return;
    }
    // Where the folder may not be written to, the file just grows.
    if (reopen() != 0 || size_ > 0) can_rotate_ = false;
}

}  // namespace poststack::supervise
