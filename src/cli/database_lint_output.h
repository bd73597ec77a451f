// How `database lint` prints what it found.
#pragma once

#include <string>

#include "base/json.h"
#include "lint/linter.h"

namespace poststack::cli {

/// A line per finding, "file:line:column: severity: message [rule]", the advice below it, and what
/// there was in all.
[[nodiscard]] std::string findings_as_text(const lint::LintReport& report);

/// Workflow commands that GitHub shows at the lines of a pull request.
/// Source: GitHub's documentation, "Workflow commands for GitHub Actions".
[[nodiscard]] std::string findings_as_annotations(const lint::LintReport& report);

[[nodiscard]] Json findings_as_json(const lint::LintReport& report, bool failed);

/// What --list-rules prints.
[[nodiscard]] std::string rules_as_text(std::size_t width);
[[nodiscard]] Json rules_as_json();

}  // namespace poststack::cli
