// Rollback proofs as text and JSON.
#pragma once

#include "base/json.h"
#include "cli/context.h"
#include "workflow/prove.h"

namespace poststack::cli {

/// A table of verdicts, then what is wrong with each broken pair, then the counts.
void print_proof(Context& context, const workflow::ProofReport& report);

[[nodiscard]] Json proof_json(const workflow::ProofReport& report);

}  // namespace poststack::cli
