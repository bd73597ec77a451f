// The migrations of a stack, as a step of `up`.
#pragma once

#include <cstddef>
#include <filesystem>

#include "pg/conninfo.h"
#include "workflow/stack.h"
#include "workflow/steps.h"

namespace poststack::workflow {

/// Applies what is pending in `directory`, in the database or in each schema of the setting
/// `schemas`, and tells of it as the step "migrations". Returns how many files were applied.
/// Errors: as migrate::apply(); what was applied before stays.
std::size_t apply_pending(const StackRequest& request,
                          const std::filesystem::path& directory,
                          const pg::ConnInfo& login,
                          Steps& steps);

}  // namespace poststack::workflow
