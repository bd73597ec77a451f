// Accepting what differs from the ledger, with a reason that is recorded.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "migrate/apply.h"

namespace poststack::migrate {

struct RepairOptions {
    std::vector<std::string> versions;  ///< as typed; none: whatever is wrong
    std::string reason;                 ///< not empty
    bool rollbacks = false;             ///< record the rollback files as they are now, too
    bool forget_progress = false;  ///< forget how far unfinished no-transaction texts came, instead
    bool dry_run = false;
    std::chrono::milliseconds wait_limit{60'000};
    std::string schema = {};  ///< RunOptions::schema
    ProgressCallback on_progress = {};
};

/// One thing that was accepted.
struct Repair {
    std::string version;
    std::string file_name;
    std::string action;  ///< "changed", "missing", "rollback", "progress"
    std::string old_checksum;
    std::string new_checksum;
};

/// Makes the ledger say what the files say now. The database's schema is not touched.
///
/// Errors: usage without a reason; not_found for a version that is neither applied nor unfinished;
///   as apply() otherwise.
[[nodiscard]] std::vector<Repair> repair(const pg::ConnInfo& target,
                                         const std::filesystem::path& directory,
                                         const RepairOptions& options);

}  // namespace poststack::migrate
