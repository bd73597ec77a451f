#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <set>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/errno_error.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/signal.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;

/// "08:01:1234", as /proc/locks writes a file.
std::string lock_name(const struct stat& raw) {
    return fmt::format(
        "{:02x}:{:02x}:{}", major(raw.st_dev), minor(raw.st_dev), static_cast<long>(raw.st_ino));
}

/// True when the open file `number` of `process` (a directory of /proc) holds an flock on the file.
bool holds_lock(const fs::path& process, const std::string& number, const struct stat& wanted) {
    struct stat raw{};
    if (::stat((process / "fd" / number).c_str(), &raw) < 0) return false;
    if (raw.st_ino != wanted.st_ino || raw.st_dev != wanted.st_dev) return false;
    const auto info = find_file(process / "fdinfo" / number);
    return info && info->find("FLOCK") != std::string::npos;
}

bool is_holder(const fs::path& process, const struct stat& wanted) {
    try {
        const std::vector<std::string> numbers = list_directory(process / "fd");
        return std::ranges::any_of(numbers, [&](const std::string& number) {
            return holds_lock(process, number, wanted);
        });
    } catch (const Error&) {
        return false;  // gone meanwhile, or another user's
    }
}

/// The pid that took the lock according to /proc/locks: it may have ended and left the lock to a
/// child, but it is all there is to see of other users' processes.
void add_takers(const struct stat& wanted, std::set<pid_t>& pids) {
    const std::string name = lock_name(wanted);
    const std::string table = find_file("/proc/locks").value_or("");
    for (const std::string_view line : split(table, '\n')) {
        std::vector<std::string_view> words = split(line, ' ');
        std::erase(words, "");
        if (words.size() < 6 || words[1] != "FLOCK" || words[5] != name) continue;
        const auto pid = parse_integer(words[4]);
        if (pid && *pid > 0 && is_alive(static_cast<pid_t>(*pid))) {
            pids.insert(static_cast<pid_t>(*pid));
        }
    }
}

std::string describe_holders(const fs::path& path) {
    const std::vector<pid_t> pids = FileLock::holders(path);
    if (pids.empty()) return "another process";
    const std::string program = program_name(pids.front()).value_or("");
    if (program.empty()) return fmt::format("another process (pid {})", pids.front());
    return fmt::format("\"{}\" (pid {})", program, pids.front());
}

}  // namespace

std::optional<FileLock> FileLock::try_acquire(const fs::path& path) {
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) throw_errno("open lock file", path);
    while (::flock(file.get(), LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK) return std::nullopt;
        if (errno != EINTR) throw_errno("lock", path);
    }
    return FileLock(std::move(file));
}

FileLock FileLock::acquire(const fs::path& path,
                           std::chrono::milliseconds limit,
                           std::string_view what) {
    // flock(2) cannot be waited for together with a stop signal, so it is tried again and again.
    constexpr std::chrono::milliseconds longest_pause{50};
    std::chrono::milliseconds pause{2};
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
        if (std::optional<FileLock> lock = try_acquire(path)) return std::move(*lock);
        if (std::chrono::steady_clock::now() >= deadline) {
            throw Error(ErrorKind::conflict,
                        fmt::format("{} is locked by {}", what, describe_holders(path)))
                .hint("Wait until it has finished, then run the command again.")
                .retryable();
        }
        [[maybe_unused]] const WaitResult waited = wait_readable(-1, pause);
        pause = std::min(pause * 2, longest_pause);
    }
}

std::vector<pid_t> FileLock::holders(const fs::path& path) {
    struct stat wanted{};
    if (::stat(path.c_str(), &wanted) < 0) return {};
    std::set<pid_t> pids;
    for (const std::string& name : list_directory("/proc")) {
        const auto pid = parse_integer(name);
        if (pid && is_holder(fs::path("/proc") / name, wanted)) {
            pids.insert(static_cast<pid_t>(*pid));
        }
    }
    if (pids.empty()) add_takers(wanted, pids);
    return {pids.begin(), pids.end()};
}

}  // namespace poststack::sys
