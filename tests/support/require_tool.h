// Tests that need a program skip with a reason on a laptop and fail in CI.
#pragma once

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

namespace poststack::test {

/// True when `tool` is a program in PATH, or "postgres" and a server's programs are found.
[[nodiscard]] bool has_tool(const std::string& tool);

}  // namespace poststack::test

// NOLINTBEGIN(cppcoreguidelines-macro-usage): return from the test itself
#define POSTSTACK_REQUIRE_TOOL(tool)                                                           \
    if (!::poststack::test::has_tool(tool)) {                                                  \
        if (std::getenv("POSTSTACK_REQUIRE_TOOLS") != nullptr) FAIL() << "missing " << (tool); \
        GTEST_SKIP() << "missing " << (tool);                                                  \
    }
// NOLINTEND(cppcoreguidelines-macro-usage)
