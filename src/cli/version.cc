#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "pg/client_version.h"

namespace poststack::cli {

namespace {

/// null where the client library is missing: the version is still to be had.
Json libpq_version() {
    try {
        return pg::client_version();
    } catch (const Error&) {
        return nullptr;
    }
}

int run_version(Context& context) {
    if (context.json()) {
        context.print({{"version", POSTSTACK_VERSION}, {"libpq", libpq_version()}});
    } else {
        context.out << "poststack " << POSTSTACK_VERSION << '\n';
    }
    return 0;
}

}  // namespace

Command make_version_command() {
    return {.path = {"version"},
            .summary = "Show the version",
            .examples = {"version", "version --json"},
            .run = run_version};
}

}  // namespace poststack::cli
