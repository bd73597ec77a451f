#include "pg/libpq_table.h"

#include <dlfcn.h>

#include <fmt/format.h>

#include "base/error.h"

namespace poststack::pg {

namespace {

[[noreturn]] void throw_missing(const char* reason) {
    throw Error(ErrorKind::not_found,
                fmt::format("the PostgreSQL client library cannot be used: {}",
                            reason == nullptr ? "unknown reason" : reason))
        .hint("Install it: sudo apt-get install libpq5");
}

template <class Function>
void find(void* library, const char* name, Function*& function) {
    // NOLINTNEXTLINE(*-reinterpret-cast): what dlsym returns for a function, by POSIX
    function = reinterpret_cast<Function*>(::dlsym(library, name));
    if (function == nullptr) throw_missing(::dlerror());  // NOLINT(concurrency-mt-unsafe)
}

LibpqTable load() {
    // Local: nothing else is to find libpq's symbols, and libpq is to find none of ours. Lazy: its
    // own libraries bind what they use.
    void* library = ::dlopen("libpq.so.5", RTLD_LAZY | RTLD_LOCAL);
    if (library == nullptr) throw_missing(::dlerror());  // NOLINT(concurrency-mt-unsafe)
    LibpqTable table{};
#define POSTSTACK_FIND(name) find(library, #name, table.name);
    POSTSTACK_LIBPQ_FUNCTIONS(POSTSTACK_FIND)
#undef POSTSTACK_FIND
    return table;
}

}  // namespace

const LibpqTable& libpq() {
    static const LibpqTable table = load();
    return table;
}

}  // namespace poststack::pg
