// The log files of one run of poststack (docs/architecture.md, workflow/log_files.h).
#pragma once

#include "base/error.h"
#include "cli/context.h"
#include "cli/session.h"

namespace poststack::cli {

/// Sends what the run logs to the project's files too: by command to logs/, logs/database/ or
/// logs/containers/. Makes nothing before the first line.
void open_run_log(Context& context, const Session& session);

/// Writes how the run ended to the file alone: the terminal has it already.
void log_end(Context& context, int code);
void log_end(Context& context, const Error& error);

}  // namespace poststack::cli
