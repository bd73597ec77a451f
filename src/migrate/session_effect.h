// What a statement leaves behind in its session, and whether that can be had again.
#pragma once

#include <string_view>

namespace poststack::migrate {

/// True for a statement whose effect on the session is replayed when a no-transaction text goes on:
/// SET, RESET, DISCARD ALL, SELECT set_config(...) alone. Not for SET LOCAL and the like.
[[nodiscard]] bool is_replayed(std::string_view statement) noexcept;

/// What `statement` leaves in the session that cannot be had again, e.g. "a temporary table"; ""
/// for nothing.
[[nodiscard]] std::string_view leaves_behind(std::string_view statement) noexcept;

}  // namespace poststack::migrate
