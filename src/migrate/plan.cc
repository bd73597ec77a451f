#include "migrate/plan.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace poststack::migrate {
namespace {

void compare(const MigrationFile& file, const LedgerEntry& entry, Plan& plan) {
    ++plan.applied;
    if (file.baseline) return;  // the old file of that version was another one
    if (file.sha256 != entry.checksum) {
        plan.changed.push_back(&file);
    } else if (file.file_name != entry.file_name) {
        plan.warnings.push_back(fmt::format(
            "\"{}\" was applied under the name \"{}\"", file.file_name, entry.file_name));
    }
}

template <class Files>
void describe(const Files& files, const char* what, std::vector<std::string>& problems) {
    for (const auto* file : files)
        problems.push_back(fmt::format("\"{}\" {}", file->file_name, what));
}

}  // namespace

Plan make_plan(const MigrationSet& set,
               const Ledger& ledger,
               std::optional<Version> target,
               const OrderPolicy& order) {
    Plan plan;
    auto entry = ledger.entries.begin();
    const auto end = ledger.entries.end();
    // What a baseline replaced is applied and need not be there.
    const MigrationFile* baseline = set.baseline();
    if (baseline != nullptr && ledger.find(baseline->version) != nullptr) {
        for (; entry->version < baseline->version; ++entry)
            ++plan.applied;
    }
    for (const MigrationFile& file : set.files) {
        for (; entry != end && entry->version < file.version; ++entry)
            plan.missing.push_back(&*entry);
        if (entry != end && entry->version == file.version) {
            compare(file, *entry, plan);
            ++entry;
        } else if (entry != end && !order.allows(file.version)) {
            plan.out_of_order.push_back(&file);
        } else if (!target || file.version <= *target) {
            plan.pending.push_back(&file);
        } else {
            ++plan.left;
        }
    }
    for (; entry != end; ++entry)
        plan.missing.push_back(&*entry);
    plan.applied += plan.missing.size();
    return plan;
}

void refuse_unsound(const Plan& plan) {
    if (plan.is_sound()) return;
    std::vector<std::string> problems;
    describe(plan.changed, "was changed after it was applied", problems);
    describe(plan.missing, "was applied and is missing", problems);
    describe(plan.out_of_order, "is not applied but older than one that is", problems);
    throw Error(ErrorKind::conflict,
                fmt::format("the files do not match what was applied: {}", join(problems, "; ")))
        .hint(
            "Nothing was run. Put changed and missing files back as they were, or accept them with "
            "\"poststack database repair\"; give late ones a new number, or allow them with "
            "--out-of-order. \"poststack database verify-migrations\" lists them all.");
}

}  // namespace poststack::migrate
