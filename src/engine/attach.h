// A program inside a container with our own standard input and outputs.
#pragma once

#include "engine/client.h"
#include "engine/exec.h"

namespace poststack::engine {

struct OwnStreams {
    int in = 0;
    int out = 1;
    int err = 2;
    /// The program gets a terminal of its own; ours hands on every key, Ctrl-C too.
    bool terminal = false;
};

/// Runs `spec` (but its `input`) to its end and returns its exit code.
///
/// Errors: as run_inside(); interrupted by SIGTERM, and by SIGINT when there is no terminal.
int attach_inside(const Client& client, const ExecSpec& spec, const OwnStreams& streams);

}  // namespace poststack::engine
