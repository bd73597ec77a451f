#include "workflow/log_files.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "sys/log_sinks.h"
#include "sys/process.h"

namespace poststack::workflow {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view main_prefix = "poststack_";

fs::path folder_of(const fs::path& directory, LogCategory category) {
    switch (category) {
        case LogCategory::main: return directory;
        case LogCategory::database: return directory / "database";
        case LogCategory::container: return directory / "containers";
    }
    return directory;
}

/// True for "x.log" and its older parts "x.log.1", "x.log.2", ...
bool is_log_name(std::string_view name) {
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return false;
    const std::string_view ending = name.substr(dot + 1);
    const bool number =
        !ending.empty() && ending.find_first_not_of("0123456789") == std::string_view::npos;
    const std::string_view whole = number ? name.substr(0, dot) : name;
    return whole.size() > 4 && whole.ends_with(".log");
}

void add_files(const fs::path& folder, LogCategory category, std::vector<LogFile>& files) {
    const auto info = sys::find_info(folder, true);
    if (!info || info->type != sys::FileType::directory) return;
    for (const std::string& file : sys::list_directory(folder)) {
        // The log directory may be one that the project's own programs write to as well.
        if (category == LogCategory::main && !file.starts_with(main_prefix)) continue;
        if (!is_log_name(file)) continue;
        const auto found = sys::find_info(folder / file);
        if (!found || found->type != sys::FileType::regular) continue;
        files.push_back({.path = folder / file,
                         .category = category,
                         .size = found->size,
                         .modified = found->modified,
                         .device = found->device,
                         .inode = found->inode});
    }
}

}  // namespace

std::string_view name(LogCategory category) noexcept {
    switch (category) {
        case LogCategory::main: return "main";
        case LogCategory::database: return "database";
        case LogCategory::container: return "container";
    }
    return "main";
}

std::vector<LogFile> list_log_files(const fs::path& directory, std::optional<LogCategory> only) {
    std::vector<LogFile> files;
    for (const LogCategory category : log_categories) {
        if (only && *only != category) continue;
        add_files(folder_of(directory, category), category, files);
    }
    return files;
}

CleanResult clean_log_files(const fs::path& directory, const CleanOptions& options) {
    CleanResult result;
    std::vector<LogFile> old = list_log_files(directory, options.only);
    std::erase_if(
        old, [&](const LogFile& file) { return options.now - file.modified < options.older_than; });
    if (old.empty()) return result;
    const auto open = sys::open_files();
    for (LogFile& file : old) {
        if (open.contains({file.device, file.inode})) {
            result.in_use.push_back(std::move(file));
            continue;
        }
        if (!options.dry_run) sys::remove_file(file.path);
        result.removed.push_back(std::move(file));
    }
    return result;
}

void log_to_files(Logger& logger, const LogTarget& target) {
    const std::string date = utc_timestamp(target.day).substr(0, 10);
    std::string file(main_prefix);
    std::ranges::copy_if(date, std::back_inserter(file), [](char letter) { return letter != '-'; });
    file += ".log";
    const fs::path path = folder_of(target.directory, target.category) / file;
    logger.add_sink(target.level,
                    sys::file_sink(path, {.owner = target.owner}, [&logger](const Error& error) {
                        logger.debug("no log file", {{"reason", error.message()}});
                    }));
}

}  // namespace poststack::workflow
