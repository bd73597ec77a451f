// What is left of a migration's effects when all of it has run, and what its rollback undoes.
#pragma once

#include <vector>

#include "lint/effects.h"

namespace poststack::lint {

/// The net effect of a file: what it makes and removes again in itself is gone.
struct NetEffects {
    std::vector<Effect> created;
    std::vector<Effect> dropped;
    std::vector<Effect> renamed;
    std::vector<Effect> altered;  ///< of objects that were there before
};

[[nodiscard]] NetEffects net_effects(const std::vector<Effect>& effects);

/// A step of a rollback that goes wrong or does more than it should.
struct Misstep {
    enum class Kind { unknown_object, out_of_order } kind = Kind::unknown_object;
    const Effect* step = nullptr;
    Effect other;  ///< what still needs it, or what it went with
};

/// A rollback walked through against what its migration left.
struct Undone {
    NetEffects left;               ///< what the rollback does not undo
    std::vector<Effect> returned;  ///< dropped by the migration, made again by the rollback
    std::vector<Misstep> missteps;
};

[[nodiscard]] Undone undo(const NetEffects& migration, const std::vector<Effect>& rollback);

}  // namespace poststack::lint
