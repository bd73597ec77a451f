// What a fuzzed program has to keep, whatever its input.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace poststack::fuzz {

/// Ends the program, so that the fuzzer keeps the input, unless `holds`.
inline void check(bool holds, const char* promise) {
    if (holds) return;
    (void)std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

}  // namespace poststack::fuzz
