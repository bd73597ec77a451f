// poststack-init as a process: signals, children, servers, and the loop around the supervisor.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "supervise/config.h"

namespace poststack::supervise {

struct DaemonOptions {
    std::string config_file;         ///< absolute
    std::vector<std::string> argv;   ///< to begin anew with
    std::function<Config()> reread;  ///< reads the file again; throws as read_config() does
};

/// Runs `config` until it is stopped; the process's exit code.
///
/// Errors, all before the first program starts: config, io, denied, conflict. After that nothing is
/// thrown.
[[nodiscard]] int run_daemon(const Config& config, const DaemonOptions& options);

}  // namespace poststack::supervise
