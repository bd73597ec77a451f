// The volume lock. Apart from the identity file, whose JSON poststack-init does without.
#include <fmt/format.h>

#include "base/error.h"
#include "pgfiles/data_identity.h"
#include "sys/process.h"

namespace poststack::pgfiles {
namespace {

std::string describe_holder(const std::filesystem::path& path) {
    for (const pid_t pid : sys::FileLock::holders(path)) {
        const auto program = sys::program_name(pid);
        return program ? fmt::format("\"{}\" (pid {})", *program, pid) : fmt::format("pid {}", pid);
    }
    return "a process that cannot be seen from here (another container, or another user's)";
}

}  // namespace

std::filesystem::path lock_path(const std::filesystem::path& data_directory) {
    return data_directory.string() + ".lock";
}

sys::FileLock lock_data(const std::filesystem::path& data_directory,
                        std::chrono::milliseconds limit) {
    const auto path = lock_path(data_directory);
    if (auto lock = sys::FileLock::try_acquire(path)) return std::move(*lock);
    try {
        return sys::FileLock::acquire(path, limit, "data directory");
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::conflict) throw;
        throw Error(ErrorKind::conflict,
                    fmt::format("data directory \"{}\" is held by {}",
                                data_directory.string(),
                                describe_holder(path)))
            .hint("Stop that server first: one data directory has one server.");
    }
}

bool is_locked(const std::filesystem::path& data_directory) {
    const auto path = lock_path(data_directory);
    if (!sys::find_info(path)) return false;
    return !sys::FileLock::try_acquire(path).has_value();
}

}  // namespace poststack::pgfiles
