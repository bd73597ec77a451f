// [program:x] and [eventlistener:x]: from a section to the processes it stands for.
#pragma once

#include <vector>

#include "supervise/config.h"
#include "supervise/keys.h"
#include "supervise/section.h"

namespace poststack::supervise {

/// What a program inherits from elsewhere in the file.
struct ProgramFrame {
    std::string group;
    int group_priority = 999;
    Expansions names;       ///< ENV_*, host_node_name
    Variables environment;  ///< of [supervisord]
    bool critical = false;  ///< [supervisord] critical=true
};

/// Reads `section`: one process, or numprocs of them. Adds to `notices`. Errors: config.
[[nodiscard]] std::vector<ProgramConfig> read_processes(const IniSection& section,
                                                        const SectionTitle& title,
                                                        const ProgramFrame& frame,
                                                        std::vector<Notice>& notices);

}  // namespace poststack::supervise
