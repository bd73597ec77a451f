#include "client/backoff.h"

#include <algorithm>

#include "sys/random.h"

namespace poststack {

using std::chrono::milliseconds;

milliseconds longest_backoff(milliseconds first, int failures) {
    constexpr milliseconds most{30'000};
    milliseconds wait = std::min(first, most);
    for (int i = 1; i < failures && wait < most; ++i)
        wait = std::min(wait * 2, most);
    return wait;
}

milliseconds backoff(milliseconds first, int failures) {
    const std::int64_t longest = longest_backoff(first, failures).count();
    if (longest <= 1) return milliseconds(longest);
    const std::uint64_t spread = static_cast<std::uint64_t>(longest / 2) + 1;
    return milliseconds(longest - static_cast<std::int64_t>(sys::random_u64() % spread));
}

}  // namespace poststack
