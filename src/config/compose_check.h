// What can be wrong between the parts of a compose file.
#pragma once

#include <string>
#include <vector>

#include "config/compose_model.h"

namespace poststack::config {

/// Checks that everything referred to is there, that dependencies do not go in a circle, and that
/// no container name or published port is used twice. Errors: config, with the place.
void check_compose(const ComposeProject& project);

}  // namespace poststack::config
