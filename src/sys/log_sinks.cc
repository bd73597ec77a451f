#include "sys/log_sinks.h"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <memory>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/env.h"
#include "sys/errno_error.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;

fs::path numbered(const fs::path& path, int number) {
    return path.native() + '.' + std::to_string(number);
}

bool is_same_file(int fd, const fs::path& path) noexcept {
    struct stat opened{};
    struct stat named{};
    return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
           opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

/// Gives a file that we have just made to its owner. Should that fail, the log is still a log.
void give_new_file(int fd, const Owner& owner) noexcept {
    struct stat raw{};
    if (::fstat(fd, &raw) < 0 || raw.st_size != 0 || raw.st_uid == owner.uid) return;
    [[maybe_unused]] const int result = ::fchown(fd, owner.uid, owner.gid);
}

/// Makes the folder of a log file and the one above it, for its owner.
void make_folder(const fs::path& folder, const std::optional<Owner>& owner) {
    if (folder.empty() || find_info(folder, true)) return;
    if (!find_info(folder.parent_path(), true)) make_folder(folder.parent_path(), owner);
    make_directories(folder);
    if (owner && ::lchown(folder.c_str(), owner->uid, owner->gid) < 0) {
        throw_errno("set the owner of", folder);
    }
}

/// What a file sink keeps between lines.
class LineFile {
  public:
    LineFile(fs::path path, const Rotation& rotation, std::function<void(const Error&)> on_failure)
        : path_(std::move(path)), rotation_(rotation), on_failure_(std::move(on_failure)) {}

    void write(const std::string& line) {
        if (quiet_) return;
        try {
            if (!file_) {
                make_folder(path_.parent_path(), rotation_.owner);
                file_.emplace(path_, rotation_);
            }
            file_->write_line(line);
        } catch (const Error& error) {
            quiet_ = true;  // a full disk now is most likely full at the next line
            if (on_failure_) on_failure_(error);
        }
    }

  private:
    fs::path path_;
    Rotation rotation_;
    std::function<void(const Error&)> on_failure_;
    std::optional<RotatingFile> file_;
    bool quiet_ = false;
};

std::string_view colour_of(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::error: return "\x1b[31m";
        case LogLevel::warning: return "\x1b[33m";
        case LogLevel::info: return "\x1b[32m";
        case LogLevel::debug:
        case LogLevel::trace: return "\x1b[2m";
    }
    return "";
}

}  // namespace

RotatingFile::RotatingFile(fs::path path, const Rotation& rotation)
    : path_(std::move(path)), rotation_(rotation) {
    open();
}

void RotatingFile::open() {
    fd_ = UniqueFd(::open(
        path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    if (!fd_) throw_errno("open log file", path_);
    if (rotation_.owner) give_new_file(fd_.get(), *rotation_.owner);
}

void RotatingFile::rotate_if_needed(std::size_t incoming) {
    // Another writer may rotate at any time; a few rounds settle whose turn it is.
    constexpr int most_rounds = 5;
    for (int round = 0; round < most_rounds; ++round) {
        if (!is_same_file(fd_.get(), path_)) open();
        struct stat raw{};
        if (::fstat(fd_.get(), &raw) < 0) throw_errno("look at", path_);
        const auto size = static_cast<std::uint64_t>(raw.st_size);
        if (size == 0 || size + incoming <= rotation_.max_bytes) return;
        // The lock belongs to the file that is to be moved. Held: somebody is at it, and our line
        // is better written to the old file than waited for.
        if (::flock(fd_.get(), LOCK_EX | LOCK_NB) < 0) return;
        if (is_same_file(fd_.get(), path_)) {
            for (int number = rotation_.keep - 2; number >= 1; --number) {
                (void)::rename(numbered(path_, number).c_str(),
                               numbered(path_, number + 1).c_str());
            }
            const int result = rotation_.keep > 1
                                   ? ::rename(path_.c_str(), numbered(path_, 1).c_str())
                                   : ::unlink(path_.c_str());
            if (result < 0) throw_errno("rotate", path_);
        }
        open();  // closes the moved file and with it the lock
    }
}

void RotatingFile::write_line(std::string_view line) {
    std::string text(line);
    text += '\n';
    rotate_if_needed(text.size());
    write_all(
        fd_.get(), text, path_.native());  // one write(2): lines of several writers stay whole
}

Logger::Sink terminal_sink() {
    const bool colour = is_terminal(STDERR_FILENO) && find_env("NO_COLOR").value_or("").empty();
    return [colour](LogLevel level, std::string_view line) {
        const std::time_t now = std::time(nullptr);
        std::tm local{};
        (void)::localtime_r(&now, &local);
        const std::string word = colour ? fmt::format("{}{}\x1b[0m", colour_of(level), name(level))
                                        : std::string(name(level));
        const std::string text = fmt::format(
            "{:02}:{:02}:{:02} {} {}\n", local.tm_hour, local.tm_min, local.tm_sec, word, line);
        write_all(STDERR_FILENO, text, "stderr");
    };
}

Logger::Sink file_sink(fs::path path,
                       const Rotation& rotation,
                       std::function<void(const Error&)> on_failure) {
    // Shared by the copies that std::function makes of its callable.
    auto file = std::make_shared<LineFile>(std::move(path), rotation, std::move(on_failure));
    return [file = std::move(file)](LogLevel level, std::string_view line) {
        const auto now = std::chrono::system_clock::now();
        const auto ms = std::chrono::floor<std::chrono::milliseconds>(now).time_since_epoch() %
                        std::chrono::seconds(1);
        std::string stamp = utc_timestamp(now);
        stamp.pop_back();  // the Z
        file->write(fmt::format("{}.{:03}Z {} {}", stamp, ms.count(), name(level), line));
    };
}

}  // namespace poststack::sys
