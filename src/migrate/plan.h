// What is to be done: the files of a directory against the ledger.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "migrate/files.h"
#include "migrate/ledger.h"
#include "migrate/order.h"

namespace poststack::migrate {

struct Plan {
    std::vector<const MigrationFile*> pending;       ///< to be applied, by version
    std::vector<const MigrationFile*> out_of_order;  ///< not applied, older than something applied
    std::vector<const MigrationFile*> changed;       ///< applied with another checksum
    std::vector<const LedgerEntry*> missing;         ///< applied, the file is gone
    std::vector<const MigrationFile*> cosmetic;      ///< changed in form only: judge_changes()
    std::vector<const LedgerEntry*> accepted_missing;  ///< missing, and accepted: judge_changes()
    std::vector<std::string> warnings;
    std::size_t applied = 0;
    std::size_t left = 0;  ///< pending files behind the target

    [[nodiscard]] bool is_sound() const noexcept {
        return out_of_order.empty() && changed.empty() && missing.empty();
    }
};

/// Compares bytes; both must outlive the plan. `target` cuts the pending files; late files that
/// `order` allows are among them.
[[nodiscard]] Plan make_plan(const MigrationSet& set,
                             const Ledger& ledger,
                             std::optional<Version> target = std::nullopt,
                             const OrderPolicy& order = {});

/// Throws conflict naming every changed, missing and out-of-order file; nothing when all is sound.
void refuse_unsound(const Plan& plan);

}  // namespace poststack::migrate
