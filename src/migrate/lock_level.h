// The table locks of PostgreSQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace poststack::migrate {

/// Weakest first (manual 13.3.1).
enum class LockLevel : std::uint8_t {
    access_share,
    row_share,
    row_exclusive,
    share_update_exclusive,
    share,
    share_row_exclusive,
    exclusive,
    access_exclusive,
};

/// Reads "share-update-exclusive" or "SHARE UPDATE EXCLUSIVE"; nothing for anything else.
[[nodiscard]] std::optional<LockLevel> parse_lock_level(std::string_view text);

/// "SHARE UPDATE EXCLUSIVE".
[[nodiscard]] std::string name(LockLevel level);

/// What pg_locks calls the levels above `level`: "ExclusiveLock", "AccessExclusiveLock".
[[nodiscard]] std::vector<std::string> modes_above(LockLevel level);

/// "ACCESS EXCLUSIVE" for "AccessExclusiveLock".
[[nodiscard]] std::string_view sql_name(std::string_view mode);

}  // namespace poststack::migrate
