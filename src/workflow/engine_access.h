// The engine of a stack, for what is about containers and not about its server.
#pragma once

#include <optional>

#include "engine/client.h"
#include "workflow/stack.h"

namespace poststack::workflow {

/// The engine that runs the stack. Of a native stack: any engine that answers, for looking around;
/// nothing when none does. Errors: as find_runtime(), engine::connect().
[[nodiscard]] std::optional<engine::Client> find_stack_engine(const StackRequest& request);

/// Errors: not_found when the stack runs natively: `what` needs a container.
void require_container_runtime(const StackRequest& request, std::string_view what);

}  // namespace poststack::workflow
