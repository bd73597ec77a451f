// Logs of a container, and programs run inside of it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/client.h"
#include "engine/container.h"
#include "engine/output.h"

namespace poststack::engine {

struct LogQuery {
    std::optional<int> tail = {};  ///< lines; nothing: all
    bool follow = false;           ///< until the container ends or the command is interrupted
    bool timestamps = false;
};

/// Hands on what the container has written. Errors: not_found, interrupted.
void read_logs(const Client& client,
               const Container& container,
               const LogQuery& query,
               const OnOutput& on_output);

/// Both channels of the last `lines` lines.
[[nodiscard]] std::string log_tail(const Client& client, const Container& container, int lines);

struct ExecSpec {
    std::string container;
    std::vector<std::string> command;
    std::vector<std::pair<std::string, std::string>> environment = {};
    std::string user = {};
    std::string input = {};  ///< for its standard input, which is closed afterwards
    std::chrono::milliseconds silence_limit{120'000};
};

struct ExecResult {
    int exit_code = 0;
    std::string output;
    std::string errors;
};

/// Runs a program in a running container to its end. Errors: conflict (it does not run), not_found
/// (no container), timeout, tool, interrupted.
[[nodiscard]] ExecResult run_inside(const Client& client, const ExecSpec& spec);

}  // namespace poststack::engine
