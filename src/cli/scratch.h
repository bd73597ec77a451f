// What the commands that need a scratch database share.
#pragma once

#include <optional>
#include <string>

#include "cli/context.h"
#include "cli/session.h"
#include "workflow/scratch.h"
#include "workflow/scratch_source.h"

namespace poststack::cli {

/// Where `session`'s scratch databases are made: on the server of --scratch-url when it is given,
/// else beside the project's database. Errors: config, not_found for a broken or missing address.
[[nodiscard]] workflow::ScratchPlan scratch_plan(Context& context,
                                                 const Session& session,
                                                 const std::optional<std::string>& scratch_url,
                                                 workflow::ScratchUse use);

/// Tells what killed runs had left and is removed now.
void say_cleaned(Context& context, const workflow::ScratchDatabase& scratch);

}  // namespace poststack::cli
