// What /proc and the kernel tell about processes, ours or not.
#include <cerrno>
#include <csignal>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/signal.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;

/// A file of /proc/PID; nothing when the process is gone (then reading fails with ESRCH) or
/// another user's.
std::optional<std::string> find_proc_file(pid_t pid, std::string_view name) {
    try {
        return find_file(fmt::format("/proc/{}/{}", pid, name));
    } catch (const Error&) {
        return std::nullopt;
    }
}

/// The fields of /proc/PID/stat from the third on. The second may hold blanks and parentheses.
std::vector<std::string> stat_fields(pid_t pid) {
    const std::string text = find_proc_file(pid, "stat").value_or("");
    const std::size_t name_end = text.rfind(") ");
    if (name_end == std::string::npos) return {};
    std::vector<std::string> fields;
    const std::string_view rest = trim(std::string_view(text).substr(name_end + 2));
    for (const std::string_view field : split(rest, ' ')) {
        fields.emplace_back(field);
    }
    return fields;
}

bool has_ended(pid_t pid) {
    if (!is_alive(pid)) return true;
    const std::vector<std::string> fields = stat_fields(pid);
    return fields.empty() || fields[0] == "Z" || fields[0] == "X";
}

void add_open_files(const fs::path& process, std::set<std::pair<dev_t, ino_t>>& files) {
    std::error_code failure;  // gone meanwhile, or another user's
    for (fs::directory_iterator entry(process / "fd", failure), end; !failure && entry != end;
         entry.increment(failure)) {
        struct stat raw{};
        if (::stat(entry->path().c_str(), &raw) == 0 && S_ISREG(raw.st_mode)) {
            files.emplace(raw.st_dev, raw.st_ino);
        }
    }
}

bool is_program(const fs::path& path) {
    const auto info = find_info(path, true);
    return info && info->type == FileType::regular && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<fs::path> find_program(const std::string& program) {
    const std::string path = find_env("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
    for (const std::string_view folder : split(path, ':')) {
        if (folder.empty()) continue;  // the current directory, to some shells: not to us
        const fs::path candidate = fs::path(folder) / program;
        try {
            if (is_program(candidate)) return candidate;
        } catch (const Error&) {
            continue;  // a folder in PATH that we may not look into
        }
    }
    return std::nullopt;
}

bool wait_gone(pid_t pid, std::chrono::milliseconds limit) {
    const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (handle) return wait_readable(handle.get(), limit) == WaitResult::ready;
    if (errno == ESRCH) return true;
    // No pidfd here (Linux before 5.3): look again and again.
    constexpr std::chrono::milliseconds pause{10};
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!has_ended(pid)) {
        if (std::chrono::steady_clock::now() >= deadline) return false;
        [[maybe_unused]] const WaitResult waited = wait_readable(-1, pause);
    }
    return true;
}

bool is_alive(pid_t pid) noexcept {
    return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

std::optional<std::uint64_t> start_ticks(pid_t pid) {
    constexpr std::size_t start_time = 22 - 3;  // proc(5) counts from 1, stat_fields() from 3
    const std::vector<std::string> fields = stat_fields(pid);
    if (fields.size() <= start_time) return std::nullopt;
    const auto ticks = parse_integer(fields[start_time]);
    if (!ticks) return std::nullopt;
    return static_cast<std::uint64_t>(*ticks);
}

std::optional<std::string> program_name(pid_t pid) {
    const std::optional<std::string> arguments = find_proc_file(pid, "cmdline");
    if (!arguments) return std::nullopt;
    std::string_view first = std::string_view(*arguments).substr(0, arguments->find('\0'));
    first = first.substr(0, first.find(": "));  // "postgres: checkpointer"
    if (const std::size_t slash = first.rfind('/'); slash != std::string_view::npos) {
        first.remove_prefix(slash + 1);
    }
    if (!first.empty()) return std::string(first);
    // A zombie or a kernel thread has no arguments.
    const std::optional<std::string> command = find_proc_file(pid, "comm");
    if (!command) return std::nullopt;
    return std::string(trim(*command));
}

std::set<std::pair<dev_t, ino_t>> open_files() {
    std::set<std::pair<dev_t, ino_t>> files;
    for (const std::string& name : list_directory("/proc")) {
        if (parse_integer(name)) add_open_files(fs::path("/proc") / name, files);
    }
    return files;
}

}  // namespace poststack::sys
