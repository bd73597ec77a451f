// The families of rules, one file each. `rules` is what a family can report, in the order of
// docs/lint.md; `make` starts it for one file.
#pragma once

#include <memory>
#include <span>

#include "lint/check.h"
#include "lint/rule.h"

namespace poststack::lint {

struct FamilyEntry {
    std::span<const Rule* const> rules;
    std::unique_ptr<Family> (*make)();
};

/// All of them, in the order of docs/lint.md.
[[nodiscard]] std::span<FamilyEntry (*const)()> families();

[[nodiscard]] FamilyEntry index_family();
[[nodiscard]] FamilyEntry constraint_family();
[[nodiscard]] FamilyEntry new_column_family();
[[nodiscard]] FamilyEntry column_family();
[[nodiscard]] FamilyEntry table_family();
[[nodiscard]] FamilyEntry partition_family();
[[nodiscard]] FamilyEntry trigger_family();
[[nodiscard]] FamilyEntry drop_family();
[[nodiscard]] FamilyEntry data_family();
[[nodiscard]] FamilyEntry transaction_family();
[[nodiscard]] FamilyEntry security_family();
[[nodiscard]] FamilyEntry session_family();
[[nodiscard]] FamilyEntry design_family();

}  // namespace poststack::lint
