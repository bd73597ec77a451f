#include "lint/inputs.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "migrate/files.h"
#include "sys/file.h"

namespace poststack::lint {
namespace {

namespace fs = std::filesystem;

/// The directories of the named files, each read once.
class Directories {
  public:
    explicit Directories(const Display& display) : display_(display) {}

    /// Marks `file` for reporting; false when it is no migration of its directory.
    bool mark(const fs::path& file) {
        bool found = false;
        for (LintPair& pair : pairs_of(file.parent_path())) {
            const bool is_migration = pair.migration->path.filename() == file.filename();
            if (is_migration) pair.migration->report = true;
            const bool is_rollback =
                pair.rollback && pair.rollback->path.filename() == file.filename();
            // What is wrong with a pair may be seen in either.
            if (pair.rollback && (is_migration || is_rollback)) pair.rollback->report = true;
            found = found || is_migration || is_rollback;
        }
        return found;
    }

    void move_to(std::vector<LintPair>& pairs) {
        for (auto& [directory, list] : read_) {
            const bool wanted = std::any_of(list.begin(), list.end(), [](const LintPair& pair) {
                return pair.migration->report || (pair.rollback && pair.rollback->report);
            });
            if (wanted) std::move(list.begin(), list.end(), std::back_inserter(pairs));
        }
    }

  private:
    std::vector<LintPair>& pairs_of(const fs::path& directory) {
        const auto known = read_.find(directory);
        if (known != read_.end()) return known->second;
        std::vector<LintPair> pairs;
        try {
            pairs = pairs_of_directory(directory.empty() ? "." : directory, display_);
        } catch (const Error& error) {
            // It is no directory of migrations, then.
            if (error.kind() != ErrorKind::config) throw;
        }
        for (LintPair& pair : pairs) {
            pair.migration->report = false;
            if (pair.rollback) pair.rollback->report = false;
        }
        return read_.emplace(directory, std::move(pairs)).first->second;
    }

    const Display& display_;
    std::map<fs::path, std::vector<LintPair>> read_;
};

LintFile to_file(const fs::path& path, const Display& display) {
    return {.path = path, .name = display(path)};
}

sys::FileType type_of(const fs::path& path) {
    const auto info = sys::find_info(path, true);
    if (info) return info->type;
    throw Error(ErrorKind::not_found, fmt::format("no file \"{}\"", path.native()))
        .hint("Name SQL files or directories of migrations, or nothing for those of the project.");
}

}  // namespace

std::vector<LintPair> pairs_of_directory(const fs::path& directory, const Display& display) {
    const migrate::MigrationSet set = migrate::read_migrations(directory);
    std::vector<LintPair> pairs;
    for (const migrate::MigrationFile& file : set.files) {
        LintPair& pair = pairs.emplace_back();
        pair.migration = to_file(set.path(file.file_name), display);
        if (!file.rollback_file.empty()) {
            pair.rollback = to_file(set.path(file.rollback_file), display);
        }
    }
    for (const migrate::MigrationFile& file : set.repeatables) {
        LintPair& pair = pairs.emplace_back();
        pair.migration = to_file(set.path(file.file_name), display);
        pair.expects_rollback = false;
    }
    return pairs;
}

std::vector<LintPair> pairs_of_files(const std::vector<std::string>& files,
                                     const Display& display) {
    std::vector<LintPair> pairs;
    Directories directories(display);
    std::vector<LintPair> alone;
    for (const std::string& file : files) {
        const fs::path path(file);
        if (type_of(path) == sys::FileType::directory) {
            auto list = pairs_of_directory(path, display);
            std::move(list.begin(), list.end(), std::back_inserter(pairs));
        } else if (!directories.mark(path)) {
            LintPair& pair = alone.emplace_back();
            pair.migration = to_file(path, display);
            pair.expects_rollback = false;
        }
    }
    directories.move_to(pairs);
    std::move(alone.begin(), alone.end(), std::back_inserter(pairs));
    return pairs;
}

void leave_out_applied(std::vector<LintPair>& pairs,
                       const std::set<std::string>& applied,
                       bool keep_reported) {
    std::erase_if(pairs, [&](const LintPair& pair) {
        if (!pair.migration || !applied.contains(pair.migration->path.stem().native())) {
            return false;
        }
        return !(keep_reported &&
                 (pair.migration->report || (pair.rollback && pair.rollback->report)));
    });
}

}  // namespace poststack::lint
