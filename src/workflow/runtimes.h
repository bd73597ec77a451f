// The runtimes that this version of poststack can run a stack with.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace poststack::workflow {

/// Their names, the preferred one first: what `init` offers and `up` takes.
[[nodiscard]] std::span<const std::string_view> available_runtimes() noexcept;

[[nodiscard]] bool is_available_runtime(std::string_view name) noexcept;

/// "podman, docker or native"
[[nodiscard]] std::string available_runtimes_text();

/// Refuses a runtime that this version does not have; `source` says who wants it. Errors: config.
void check_runtime_name(std::string_view name, std::string_view source);

}  // namespace poststack::workflow
