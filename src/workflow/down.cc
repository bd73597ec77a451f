#include <fmt/format.h>

#include "base/error.h"
#include "sys/clock.h"
#include "workflow/stack.h"
#include "workflow/stack_server.h"

namespace poststack::workflow {

DownResult down(const StackRequest& request, bool keep_container) {
    const auto began = sys::system_clock().now();
    (void)find_runtime(request, request.project);
    DownResult result;
    if (request.project.id.empty()) return result;
    // An `up` that still works would start again what this stops, or be left without its server.
    const sys::FileLock lock = lock_project(request, request.project);
    StackServer stack(request, request.project);
    result.how = stack.server().stop();
    result.was_running = !result.how.empty();
    if (!keep_container) stack.server().discard();
    result.took = sys::system_clock().now() - began;
    if (result.was_running && request.on_step) {
        request.on_step({"server", fmt::format("stopped ({})", result.how), result.took, true});
    }
    return result;
}

RestartResult restart(const StackRequest& request) {
    RestartResult result;
    result.down = down(request, true);
    result.up = up(request);
    return result;
}

}  // namespace poststack::workflow
