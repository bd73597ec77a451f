// The comment lines at the top of a migration that poststack reads.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "migrate/lock_level.h"

namespace poststack::migrate {

struct Header {
    std::string description;                 ///< of "-- Description: text", in the first ten lines
    bool no_transaction = false;             ///< "-- poststack: no-transaction"
    bool irreversible = false;               ///< "-- poststack: irreversible"
    bool baseline = false;                   ///< "-- poststack: baseline"
    std::optional<LockLevel> max_lock = {};  ///< "-- poststack: max-lock share-update-exclusive"
    std::optional<std::chrono::milliseconds> lock_timeout = {};  ///< "... lock-timeout 2s"
    std::vector<std::string> variables = {};                     ///< "-- poststack: variables A B"
};

/// Reads the start of a file: the description in its first ten lines, "-- poststack:" lines up to
/// the first line that is neither blank nor a "--" comment. Lines that begin with ignore
/// or ignore-file belong to `database lint` and are passed over.
/// Errors: config for an unknown word in a "-- poststack:" line, as "name:line: ...".
[[nodiscard]] Header parse_header(std::string_view text, std::string_view name);

}  // namespace poststack::migrate
