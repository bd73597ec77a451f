#include "migrate/lock_level.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace poststack::migrate {
namespace {

/// The mode as pg_locks calls it and as SQL does.
struct LevelName {
    std::string_view mode;
    std::string_view sql;
};

constexpr std::array<LevelName, 8> levels = {{
    {"AccessShareLock", "ACCESS SHARE"},
    {"RowShareLock", "ROW SHARE"},
    {"RowExclusiveLock", "ROW EXCLUSIVE"},
    {"ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"},
    {"ShareLock", "SHARE"},
    {"ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"},
    {"ExclusiveLock", "EXCLUSIVE"},
    {"AccessExclusiveLock", "ACCESS EXCLUSIVE"},
}};

}  // namespace

std::optional<LockLevel> parse_lock_level(std::string_view text) {
    std::string wanted = to_upper(text);
    std::replace(wanted.begin(), wanted.end(), '-', ' ');
    for (std::size_t i = 0; i < levels.size(); ++i) {
        if (levels[i].sql == wanted) return static_cast<LockLevel>(i);
    }
    return std::nullopt;
}

std::string name(LockLevel level) {
    return std::string(levels[static_cast<std::size_t>(level)].sql);
}

std::vector<std::string> modes_above(LockLevel level) {
    std::vector<std::string> modes;
    for (std::size_t i = static_cast<std::size_t>(level) + 1; i < levels.size(); ++i)
        modes.emplace_back(levels[i].mode);
    return modes;
}

std::string_view sql_name(std::string_view mode) {
    const auto* const found = std::find_if(
        levels.begin(), levels.end(), [&](const LevelName& level) { return level.mode == mode; });
    return found == levels.end() ? mode : found->sql;
}

}  // namespace poststack::migrate
