// What a stack's server was to be kept from, and what it really is: `status --security`.
#pragma once

#include <string>
#include <vector>

#include "workflow/stack.h"

namespace poststack::workflow {

/// One property, in the same words on both sides.
struct SecurityCheck {
    std::string what;     ///< "memory limit"
    std::string asked;    ///< "512 MB"
    std::string granted;  ///< "none"

    [[nodiscard]] bool ok() const noexcept { return asked == granted; }
};

/// Compares. The engine is asked what it granted: podman without root drops limits on cgroups
/// version 1 without a word. Empty when there is nothing to look at: no container, or a native
/// server that does not run. Errors: of the engine, conflict (somebody else's container).
[[nodiscard]] std::vector<SecurityCheck> check_security(const StackRequest& request);

}  // namespace poststack::workflow
