// The top of a compose file below `services`: volumes, networks, secrets, configs, x-poststack.
#pragma once

#include "config/compose_fields.h"
#include "config/compose_model.h"
#include "config/compose_service.h"

namespace poststack::config {

/// Reads the sections into `project`, whose name is set. Errors: config with the place.
void read_compose_sections(ComposeFields& top,
                           const ComposeSurroundings& surroundings,
                           ComposeProject& project);

}  // namespace poststack::config
