// A migration and its rollback side by side.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "lint/effects.h"
#include "lint/rule.h"
#include "lint/schema.h"
#include "lint/source.h"

namespace poststack::lint {

/// What one file of a pair does.
struct Half {
    const Source* source = nullptr;  ///< nothing when there is no such file
    std::vector<Effect> effects = {};
    bool is_opaque = false;  ///< it has statements whose effects are not known: DO, new grammar
};

/// The schema behind the migration, and the number under which it is known what it made.
struct Outcome {
    const Schema& schema;
    std::size_t pair;
};

[[nodiscard]] std::span<const Rule* const> pair_rules();

/// Lays both halves side by side.
[[nodiscard]] std::vector<Finding> check_pair(const Half& migration,
                                              const Half& rollback,
                                              const Outcome& outcome);

}  // namespace poststack::lint
