// A fingerprint from an earlier one and what was read again (tracker.h).
#pragma once

#include <array>
#include <vector>

#include "catalog/changed_units.h"
#include "catalog/fingerprint.h"
#include "catalog/queries.h"

namespace poststack::catalog {

/// The objects of `base` with those of `again` in place of all that `changes` covers. Objects that
/// are the same as before stay shared.
[[nodiscard]] Fingerprint patch(const Fingerprint& base,
                                const ChangedUnits& changes,
                                std::vector<ObjectPtr> again);

/// The kinds of objects that the changed units have in `base`, and whether every unit that was
/// there before has any: one that has none was not shown there.
class PresentKinds {
  public:
    PresentKinds(const Fingerprint& base, const ChangedUnits& changes);

    /// True when `query` (with a table of its own) gives nothing as long as that table was not
    /// written.
    [[nodiscard]] bool none_of(const Query& query) const;

  private:
    std::vector<bool> kinds_;
    std::array<bool, 4> all_shown_{};  ///< by Family
};

}  // namespace poststack::catalog
