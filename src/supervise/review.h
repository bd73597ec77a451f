// What "poststack-init check" says about a file that could be read: what its author assumed
// wrongly, and the plan with its worst-case times.
#pragma once

#include <string>
#include <vector>

#include "supervise/config.h"

namespace poststack::supervise {

/// The notices of reading, and what a look at the whole shows: priority that promises nothing, stop
/// waits beyond the budget, failures that nobody would notice. Sorted by place.
[[nodiscard]] std::vector<Notice> review(const Config& config);

/// The order of starting and stopping, with what each waits for and how long it may take.
[[nodiscard]] std::string describe_plan(const Config& config);

}  // namespace poststack::supervise
