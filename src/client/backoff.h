// How long to wait before the next attempt.
#pragma once

#include <chrono>

namespace poststack {

/// The wait after the `failures`-th failure in a row (from 1): `first`, doubled each time, at most
/// 30 s; of that a random half to whole, so that many clients do not come back at once.
[[nodiscard]] std::chrono::milliseconds backoff(std::chrono::milliseconds first, int failures);

/// The longest that backoff() may return: for tests and messages.
[[nodiscard]] std::chrono::milliseconds longest_backoff(std::chrono::milliseconds first,
                                                        int failures);

}  // namespace poststack
