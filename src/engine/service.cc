#include "engine/service.h"

#include <chrono>
#include <fcntl.h>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "http/client.h"
#include "sys/clock.h"
#include "sys/errno_error.h"
#include "sys/file.h"
#include "sys/process.h"
#include "sys/user.h"

namespace poststack::engine {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// How long the service outlives the last request, in seconds.
constexpr const char* idle_seconds = "300";
constexpr auto start_limit = 30s;

bool answers(const fs::path& socket) {
    try {
        return http::send(socket, {.target = "/_ping", .silence_limit = 5s}).status() == 200;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        return false;
    }
}

std::string last_lines(const fs::path& log) {
    const std::string text(trim(sys::find_file(log).value_or("")));
    return text.size() > 500 ? text.substr(text.size() - 500) : text;
}

/// The directory of the socket is ours alone: whoever could replace the socket would be asked to
/// run containers with our secrets.
void check_directory(const fs::path& directory) {
    sys::make_directories(directory, 0700);
    const auto info = sys::find_info(directory);
    const auto self = sys::current_account().uid;
    if (!info || info->type != sys::FileType::directory || info->uid != self ||
        (info->mode & 022) != 0) {
        throw Error(ErrorKind::denied,
                    fmt::format("\"{}\" is not a directory of ours alone", directory.native()))
            .hint("Set XDG_RUNTIME_DIR to a private directory.");
    }
}

}  // namespace

void start_podman_service(const fs::path& socket) {
    check_directory(socket.parent_path());
    const sys::FileLock lock = sys::FileLock::acquire(
        socket.string() + ".lock", start_limit, "the start of podman's service");
    if (answers(socket)) return;
    sys::remove_file(socket);  // left by one that ended
    const fs::path log = socket.string() + ".log";
    const sys::UniqueFd output(
        ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!output) sys::throw_errno("write", log);
    sys::ChildProcess service = sys::spawn({.argv = {"podman",
                                                     "system",
                                                     "service",
                                                     fmt::format("--time={}", idle_seconds),
                                                     "unix://" + socket.string()},
                                            .directory = "/",
                                            .new_session = true,
                                            .stdout_fd = output.get(),
                                            .stderr_fd = output.get()});
    const auto deadline = sys::system_clock().now() + start_limit;
    while (!answers(socket)) {
        if (const auto ended = service.try_wait()) {
            throw Error(
                ErrorKind::tool,
                fmt::format(
                    "podman system service ended with {}: {}", ended->to_text(), last_lines(log)))
                .hint("Run \"podman info\" to see whether podman works on this machine.");
        }
        if (sys::system_clock().now() > deadline) {
            throw Error(ErrorKind::timeout,
                        fmt::format("podman system service does not answer at {}", socket.native()))
                .hint("Run \"podman info\" to see whether podman works on this machine.");
        }
        sys::system_clock().sleep(20ms);
    }
    (void)service.release();
}

}  // namespace poststack::engine
