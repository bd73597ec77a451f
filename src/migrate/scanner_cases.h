// Texts and the statements that they are, for the tests of the scanner and of what is beside it.
#pragma once

#include <string>
#include <vector>

namespace poststack::migrate::test {

struct ScannerCase {
    const char* name;
    std::string sql;
    std::vector<std::string> expected;  ///< without semicolons; the data of a COPY as "data:..."
    bool standard_strings = true;
};

[[nodiscard]] std::vector<ScannerCase> scanner_cases();

}  // namespace poststack::migrate::test
