// poststack-init ctl: what supervisorctl does, without Python. Speaks XML-RPC to the socket that
// the configuration names.
#pragma once

#include <string>
#include <vector>

#include "supervise/config.h"

namespace poststack::supervise {

struct CtlOutcome {
    std::string text;
    int code = 0;  ///< supervisorctl's: 1 something failed, 3 status: not all run, 4 unknown name
};

/// Errors: usage for a command that there is not, or words that it does not take.
void check_ctl(const std::vector<std::string>& words);

/// Carries out a command that check_ctl() took; prints what supervisorctl does. Blocks until it is
/// done. Errors: config when the file opens no socket; timeout, denied when nobody answers.
[[nodiscard]] CtlOutcome run_ctl(const Config& config, const std::vector<std::string>& words);

}  // namespace poststack::supervise
