#include "pgfiles/postmaster_pid.h"

#include <limits>
#include <sys/stat.h>

#include "base/text.h"
#include "sys/file.h"
#include "sys/process.h"

namespace poststack::pgfiles {
namespace {

std::string line_text(const std::vector<std::string_view>& lines, std::size_t number) {
    return number <= lines.size() ? std::string(trim(lines[number - 1])) : std::string();
}

std::int64_t line_number(const std::vector<std::string_view>& lines, std::size_t number) {
    return parse_integer(line_text(lines, number)).value_or(0);
}

/// A zombie has ended, but nobody reaped it: usual where PID 1 of a container is no init.
bool is_zombie(pid_t pid) {
    const auto text = sys::find_file("/proc/" + std::to_string(pid) + "/stat", 4096);
    const std::size_t name_end = text ? text->rfind(") ") : std::string::npos;
    return name_end != std::string::npos && (*text)[name_end + 2] == 'Z';
}

/// True when `pid` is another account's than the data: PostgreSQL starts on its own data only.
bool is_foreign(pid_t pid, const std::filesystem::path& data_directory) {
    const auto process = sys::find_info("/proc/" + std::to_string(pid));
    const auto data = sys::find_info(data_directory, true);
    return process && data && process->uid != data->uid;
}

}  // namespace

std::optional<PostmasterPid> parse_postmaster_pid(std::string_view text) {
    const auto lines = split(text, '\n');
    // A negative pid is a standalone backend (postgres --single), which is a holder all the same.
    const std::int64_t pid = std::abs(line_number(lines, 1));
    if (lines.size() < 2 || pid <= 0 || pid > std::numeric_limits<pid_t>::max()) {
        return std::nullopt;
    }
    PostmasterPid file;
    file.pid = static_cast<pid_t>(pid);
    file.data_directory = line_text(lines, 2);
    file.started =
        std::chrono::system_clock::time_point(std::chrono::seconds(line_number(lines, 3)));
    const std::int64_t port = line_number(lines, 4);
    if (port > 0 && port <= 65535) file.port = static_cast<std::uint16_t>(port);
    file.socket_directory = line_text(lines, 5);
    file.listen_address = line_text(lines, 6);
    file.status = line_text(lines, 8);
    return file;
}

std::optional<PostmasterPid> find_postmaster_pid(const std::filesystem::path& data_directory) {
    const auto text = sys::find_file(data_directory / "postmaster.pid", 64U << 10);
    return text ? parse_postmaster_pid(*text) : std::nullopt;
}

bool is_postmaster_alive(const PostmasterPid& file, const std::filesystem::path& data_directory) {
    const auto program = sys::program_name(file.pid);
    if (!program || !program->starts_with("postgres") || is_zombie(file.pid)) return false;
    // Another server may have got the pid: then the directory it works in is another one. The link
    // is followed, not read: its text may be a path of another mount namespace.
    const std::string working = "/proc/" + std::to_string(file.pid) + "/cwd";
    struct stat its{};
    struct stat ours{};
    // Not ours to look into. When its account cannot be the server's, it is not; else the safe
    // answer is yes.
    if (::stat(working.c_str(), &its) != 0) return !is_foreign(file.pid, data_directory);
    return ::stat(data_directory.c_str(), &ours) == 0 && its.st_dev == ours.st_dev &&
           its.st_ino == ours.st_ino;
}

}  // namespace poststack::pgfiles
