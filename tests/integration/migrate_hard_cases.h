// Migration files that tools get wrong (docs/hard-files.md).
#pragma once

#include <string>
#include <vector>

namespace poststack::test {

struct HardCase {
    std::string name;  ///< as in docs/hard-files.md
    std::string text;
};

/// The 22 of the published table.
[[nodiscard]] std::vector<HardCase> hard_cases();

/// More of the same kind: what parsers, dumps and linters keep as their own bad cases.
[[nodiscard]] std::vector<HardCase> further_hard_cases();

}  // namespace poststack::test
