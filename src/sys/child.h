// What a child does between fork(2) and exec(2), whoever starts it. Every call is async-signal-safe
// (signal-safety(7)): the parent may have other threads.
#pragma once

#include <array>

namespace poststack::sys {

/// Puts `standard_fds` in the place of 0, 1 and 2, where some of them may be now, and marks every
/// descriptor from 3 on close-on-exec, also those that our own parent forgot to mark.
/// False, with errno set, when there are no descriptors left.
[[nodiscard]] bool place_descriptors(const std::array<int, 3>& standard_fds) noexcept;

/// Every signal has its default action and none is blocked.
void reset_signals() noexcept;

}  // namespace poststack::sys
