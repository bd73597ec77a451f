// The DDL of the ledger, one step a layout.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "migrate/ledger_place.h"

namespace poststack::migrate {

/// Step k (from 1) turns layout k - 1 into layout k; layout 0 is a database without a ledger. A
/// step that was ever released is never edited: a change is a new step.
[[nodiscard]] std::string layout_step(int layout, const LedgerPlace& place = {});

/// The tables of schema "poststack" that are poststack's own, in the newest layout.
[[nodiscard]] const std::array<std::string_view, 8>& own_tables() noexcept;

}  // namespace poststack::migrate
