// `container build`: the images that stacks are made from.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "instance/server_image.h"
#include "workflow/stack.h"

namespace poststack::workflow {

struct BuildQuery {
    bool base = false;
    bool postgres = true;
    bool no_cache = false;
    bool bootstrap = false;
    std::function<void(std::string_view)> on_line = {};  ///< the engine's output
};

struct BuildResult {
    std::string engine;  ///< "podman 4.3.1"
    std::vector<instance::BuiltImage> images;
    std::chrono::nanoseconds took{0};
};

/// Builds at the engine of the stack's runtime; a native stack's project asks the first engine
/// there is. Errors: of engine::connect() and instance::build_postgres().
[[nodiscard]] BuildResult build_images(const StackRequest& request, const BuildQuery& query);

}  // namespace poststack::workflow
