#include "pgfiles/data_identity.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "sys/process.h"

namespace poststack::pgfiles {
namespace {

constexpr int format_version = 1;

std::string describe_holder(const std::filesystem::path& path) {
    for (const pid_t pid : sys::FileLock::holders(path)) {
        const auto program = sys::program_name(pid);
        return program ? fmt::format("\"{}\" (pid {})", *program, pid) : fmt::format("pid {}", pid);
    }
    return "a process that cannot be seen from here (another container, or another user's)";
}

}  // namespace

DataIdentity parse_identity(std::string_view text, std::string_view origin) {
    try {
        const auto document = nlohmann::json::parse(text);
        DataIdentity identity;
        identity.project_id = document.at("project_id").get<std::string>();
        identity.instance_id = document.at("instance_id").get<std::string>();
        identity.project_path = document.at("project_path").get<std::string>();
        identity.data_path = document.at("data_path").get<std::string>();
        identity.system_identifier =
            std::stoull(document.at("system_identifier").get<std::string>());
        return identity;
    } catch (const std::exception&) {
        throw Error(ErrorKind::config,
                    fmt::format("\"{}\" is not a poststack identity file", origin))
            .hint(
                "Restore it from a backup, or delete it if the data directory is this project's.");
    }
}

std::string to_text(const DataIdentity& identity) {
    const nlohmann::ordered_json document = {
        {"format", format_version},
        {"project_id", identity.project_id},
        {"instance_id", identity.instance_id},
        {"project_path", identity.project_path.string()},
        {"data_path", identity.data_path.string()},
        // Text: JSON readers with doubles would round it.
        {"system_identifier", std::to_string(identity.system_identifier)},
    };
    return document.dump(2) + "\n";
}

std::optional<DataIdentity> find_identity(const std::filesystem::path& data_directory) {
    const auto path = data_directory / identity_file_name;
    const auto text = sys::find_file(path, 64U << 10);
    if (!text) return std::nullopt;
    return parse_identity(*text, path.string());
}

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

std::optional<int> find_data_version(const std::filesystem::path& data_directory) {
    const auto text = sys::find_file(data_directory / "PG_VERSION", 64);
    if (!text) return std::nullopt;
    const auto major = parse_integer(trim(*text));
    return major ? std::optional<int>(static_cast<int>(*major)) : std::nullopt;
}

}  // namespace poststack::pgfiles
