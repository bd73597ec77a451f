// Who makes the scratch databases of a project.
#pragma once

#include "instance/target.h"
#include "pg/conninfo.h"
#include "workflow/scratch.h"
#include "workflow/stack.h"

namespace poststack::workflow {

/// What scratch databases are for.
enum class ScratchUse {
    replay,         ///< once through a chain
    proof,          ///< thousands of transactions
    proof_on_disk,  ///< the same, when memory was not enough
};

/// A plan for scratch databases beside `target`, which `login` opens.
///
/// On the project's own server the superuser makes them, where this account may log in as one; else
/// `login` itself does. A scratch server of the same major version is started for them, provided
/// that one is installed here, when that role may not, and for a proof on the project's own server:
/// such a server waits for no disk. It gets the roles and settings of the real one. The extensions
/// are those that `up` makes.
[[nodiscard]] ScratchPlan plan_scratch(const StackRequest& request,
                                       const instance::Target& target,
                                       const pg::ConnInfo& login,
                                       ScratchUse use);

}  // namespace poststack::workflow
