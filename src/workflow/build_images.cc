#include "workflow/build_images.h"

#include <fmt/format.h>

#include "instance/container_server.h"
#include "sys/clock.h"
#include "workflow/stack_server.h"

namespace poststack::workflow {

BuildResult build_images(const StackRequest& request, const BuildQuery& query) {
    const auto began = sys::system_clock().now();
    const std::string runtime = find_runtime(request, request.project);
    engine::EndpointQuery where = engine_query(request, runtime);
    if (runtime == "native") where.wanted.reset();
    const engine::Client client = engine::connect(where);
    const auto spec =
        instance::make_container_spec(request.project, request.settings, request.environment);
    const instance::ImageOptions options{.no_cache = query.no_cache,
                                         .bootstrap = query.bootstrap,
                                         .cache = spec.cache,
                                         .on_line = query.on_line,
                                         .on_notice = request.on_notice};
    BuildResult result;
    result.engine = fmt::format("{} {}", engine::name(client.kind()), client.version());
    if (query.base) {
        result.images.push_back(
            instance::build_base(client, instance::suite_of(spec.major), options));
    }
    if (query.postgres) result.images.push_back(instance::ensure_image(client, spec, options));
    result.took = sys::system_clock().now() - began;
    return result;
}

}  // namespace poststack::workflow
