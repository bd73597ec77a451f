// The cases of catalog_fingerprint_test.cc: a change, the objects that differ by it, its undoing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace poststack::catalog {

struct Case {
    std::string name;
    std::string change;
    std::string expected;  ///< the first line of each difference
    std::string revert;
    int since = 0;  ///< the first major version that has it
};

/// What most cases change. Needs a role "reader".
extern const std::string_view base_schema;

std::vector<Case> relation_cases();
std::vector<Case> column_cases();
std::vector<Case> part_cases();
std::vector<Case> type_cases();
std::vector<Case> routine_cases();
std::vector<Case> other_cases();

}  // namespace poststack::catalog
