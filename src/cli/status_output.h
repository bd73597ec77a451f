// What `status` prints.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "cli/context.h"
#include "workflow/security.h"
#include "workflow/stack.h"

namespace poststack::cli {

/// "2026-11-28 14:00:19 UTC" of an engine's time; as it is when that is another form.
[[nodiscard]] std::string short_time(const std::string& time);

[[nodiscard]] Json endpoint_json(const workflow::Endpoint& endpoint);

/// The table, the last lines of a container that failed, and on standard error the hint.
void print_status(Context& context, const std::string& project, const workflow::Status& status);

[[nodiscard]] Json status_json(const std::string& project, const workflow::Status& status);

/// A row a property; differences are named.
void print_security(Context& context, const std::vector<workflow::SecurityCheck>& checks);

[[nodiscard]] Json security_json(const std::vector<workflow::SecurityCheck>& checks);

}  // namespace poststack::cli
