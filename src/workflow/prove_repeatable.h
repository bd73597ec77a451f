// Shows that repeatable files may be repeated.
#pragma once

#include <string>
#include <vector>

#include "migrate/files.h"
#include "workflow/scratch.h"

namespace poststack::workflow {

struct RepeatableProof {
    std::string file_name;
    std::string problem;  ///< "" when it is proven
    std::string hint;
};

/// Runs each repeatable file of `set` twice on `scratch`, which holds what the migrations give: the
/// second time must work and change nothing. One that fails does not stop the rest.
/// Errors: config for files that cannot be read as SQL; timeout when the session is lost.
[[nodiscard]] std::vector<RepeatableProof> prove_repeatables(const ScratchDatabase& scratch,
                                                             const migrate::MigrationSet& set);

}  // namespace poststack::workflow
