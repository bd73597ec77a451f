#include "workflow/engine_access.h"

#include <fmt/format.h>

#include "base/error.h"
#include "workflow/stack_server.h"

namespace poststack::workflow {

std::optional<engine::Client> find_stack_engine(const StackRequest& request) {
    const std::string runtime = find_runtime(request, request.project);
    if (runtime != "native") return engine::connect(engine_query(request, runtime));
    engine::EndpointQuery query = engine_query(request, runtime);
    query.wanted = std::nullopt;
    std::vector<engine::Attempt> attempts;
    return engine::find_engine(query, attempts);
}

void require_container_runtime(const StackRequest& request, std::string_view what) {
    if (find_runtime(request, request.project) != "native") return;
    throw Error(
        ErrorKind::not_found,
        fmt::format(
            "stack \"{}\" runs natively: there is no container to {}", request.project.name, what))
        .hint("\"poststack status\" shows what there is.");
}

}  // namespace poststack::workflow
