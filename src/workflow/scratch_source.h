// Who makes the scratch databases of a project.
#pragma once

#include "instance/target.h"
#include "pg/conninfo.h"
#include "workflow/scratch.h"
#include "workflow/stack.h"

namespace poststack::workflow {

/// A plan for scratch databases beside `target`, which `login` opens.
///
/// On the project's own server the superuser makes them, where this account may log in as one; else
/// `login` itself does, or, when it may not, a scratch server of the same major version is started
/// for them, provided that one is installed here. The extensions are those that `up` makes.
[[nodiscard]] ScratchPlan plan_scratch(const StackRequest& request,
                                       const instance::Target& target,
                                       const pg::ConnInfo& login);

}  // namespace poststack::workflow
