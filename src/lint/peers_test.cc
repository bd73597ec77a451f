// The risky migrations that bench/lint.py also gives to other linters.
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "lint/test_lint.h"

namespace poststack::lint {
namespace {

TEST(RiskyMigrations, AreAllFound) {
    constexpr std::string_view separator = " | ";
    std::ifstream file(POSTSTACK_SOURCE "/tests/data/lint_cases.txt");
    int cases = 0;
    for (std::string line; std::getline(file, line);) {
        const std::size_t bar = line.find(separator);
        if (line.starts_with('#') || bar == std::string::npos) continue;
        ++cases;
        const LintReport report = test::lint_text(line.substr(bar + separator.size()));
        EXPECT_TRUE(test::found(report, line.substr(0, bar))) << line << '\n'
                                                              << test::to_text(report);
    }
    EXPECT_EQ(cases, 61);
}

}  // namespace
}  // namespace poststack::lint
