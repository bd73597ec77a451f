#include "supervise/trim.h"

#include <cstdint>
#include <malloc.h>
#include <sys/mman.h>

// Of the linker: where the program's constants and code lie. Source: end(3), ld's default script.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" const char __executable_start;
extern "C" const char etext;

namespace poststack::supervise {

void give_back_memory() noexcept {
#ifndef __SANITIZE_ADDRESS__
    (void)::malloc_trim(0);
    constexpr std::uintptr_t page = 4096;
    const auto begin = reinterpret_cast<std::uintptr_t>(&__executable_start) / page * page;
    const auto end = reinterpret_cast<std::uintptr_t>(&etext) / page * page;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): madvise takes the address of a page
    (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
#endif
}

}  // namespace poststack::supervise
