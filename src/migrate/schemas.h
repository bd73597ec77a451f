// The same work in several schemas, each with a ledger of its own.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace poststack::migrate {

/// One schema and how its turn ended.
struct SchemaTurn {
    std::string schema;
    bool reached = false;  ///< false: an error that concerns all ended the round before its turn
    std::optional<Error> error = {};
};

/// Calls `work` for each schema in turn. What fails in one schema does not keep the others from
/// their turn, unless it is the same for all: files that cannot be read, a lost server, Ctrl-C.
[[nodiscard]] std::vector<SchemaTurn> in_each_schema(
    const std::vector<std::string>& schemas, const std::function<void(const std::string&)>& work);

/// Throws the first failure, with a line that says which schemas are done ("migrated") and which
/// are not; nothing when all are.
void refuse_failed_turns(const std::vector<SchemaTurn>& turns, std::string_view done);

}  // namespace poststack::migrate
