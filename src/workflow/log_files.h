// The log files of a project: what poststack itself did, and what its server and containers said.
//
//   logs/poststack_20261128.log      a day's commands; .1 to .4 are older parts of it
//   logs/database/...                commands on the database, and the server's own log
//   logs/containers/...              commands on containers, and their output
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "sys/file.h"

namespace poststack::workflow {

enum class LogCategory { main, database, container };

inline constexpr std::array log_categories{
    LogCategory::main, LogCategory::database, LogCategory::container};

[[nodiscard]] std::string_view name(LogCategory category) noexcept;

struct LogFile {
    std::filesystem::path path;
    LogCategory category = LogCategory::main;
    std::uint64_t size = 0;  ///< bytes
    std::chrono::system_clock::time_point modified;
    dev_t device = 0;
    ino_t inode = 0;
};

/// Finds the log files below `directory`, by category and then name; none when there is no such
/// directory. Only regular files with the names above count. Errors: denied, io.
[[nodiscard]] std::vector<LogFile> list_log_files(const std::filesystem::path& directory,
                                                  std::optional<LogCategory> only = {});

struct CleanOptions {
    std::chrono::days older_than{7};
    std::optional<LogCategory> only = {};
    bool dry_run = false;
    std::chrono::system_clock::time_point now = {};
};

struct CleanResult {
    std::vector<LogFile> removed;  ///< with dry_run: what would be
    std::vector<LogFile> in_use;   ///< old enough, but some process has it open
};

/// Removes log files that nobody wrote for that long. Errors: denied, io; files before are gone.
[[nodiscard]] CleanResult clean_log_files(const std::filesystem::path& directory,
                                          const CleanOptions& options);

struct LogTarget {
    std::filesystem::path directory;  ///< the project's log directory; made when missing
    LogLevel level = LogLevel::info;
    LogCategory category = LogCategory::main;
    std::chrono::system_clock::time_point day = {};
    std::optional<sys::Owner> owner = {};  ///< of new files (needs root)
};

/// Sends the lines of `logger`, which must stay where it is, to the day's file too.
///
/// Nothing is made before the first line. A directory that cannot be written is said once at debug
/// level, and changes nothing else.
void log_to_files(Logger& logger, const LogTarget& target);

}  // namespace poststack::workflow
