// Looking at the stack's running server: what it writes, where it listens, its superuser.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "engine/attach.h"
#include "pg/conninfo.h"
#include "workflow/stack.h"

namespace poststack::workflow {

struct OutputQuery {
    int tail = 50;
    bool follow = false;
};

/// True when the stack's server runs in a container, so that its output is at the engine.
[[nodiscard]] bool is_in_container(const StackRequest& request);

/// Hands on the output as it comes. Errors: not_found when there is no container; interrupted.
void read_server_output(const StackRequest& request,
                        const OutputQuery& query,
                        const std::function<void(std::string_view)>& on_output);

/// Runs a program in the stack's container with our own input and outputs; returns its exit code.
/// Errors: not_found (a native stack, no container), conflict (it does not run), as
/// engine::attach_inside().
int run_in_container(const StackRequest& request,
                     engine::ExecSpec spec,
                     const engine::OwnStreams& streams);

/// The port on which the stack's own server listens, whatever runs it; nothing when there never was
/// one. Errors: as instance::own_server_port(); of the engine.
[[nodiscard]] std::optional<std::uint16_t> own_server_port(const StackRequest& request);

/// The superuser's login at the stack's running server; nothing when it does not run.
[[nodiscard]] std::optional<pg::ConnInfo> find_superuser_login(const StackRequest& request);

}  // namespace poststack::workflow
