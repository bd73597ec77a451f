// `compose render`: the stack's PostgreSQL as a compose file for those who run it with another
// tool.
#pragma once

#include <string>

#include "workflow/stack.h"

namespace poststack::workflow {

struct RenderQuery {
    std::string image = {};  ///< empty: pgvector's official one of the major version
};

/// One hardened PostgreSQL service. Values come from the settings; user, password and database stay
/// variables of .env, so that no secret is in the file. docker-compose 1.29, docker compose and
/// podman-compose read it.
[[nodiscard]] std::string render_compose(const StackRequest& request, const RenderQuery& query);

}  // namespace poststack::workflow
