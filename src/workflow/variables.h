// Where the values of ${NAME} in migration files come from.
#pragma once

#include <string>
#include <vector>

#include "migrate/variables.h"
#include "workflow/stack.h"

namespace poststack::workflow {

/// Values by name, the strongest source first: `flags` ("NAME=VALUE" of --var), POSTSTACK_VAR_NAME
/// in the environment, POSTSTACK_VAR_NAME in .env, `variables` in poststack.yaml. What is equal to
/// the stack's password or URL is secret whatever its name is.
///
/// Errors: usage for a flag without "="; config for bad names and for a setting without "=".
[[nodiscard]] migrate::SharedVariables read_variables(const StackRequest& request,
                                                      const std::vector<std::string>& flags = {});

}  // namespace poststack::workflow
