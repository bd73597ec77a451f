// The Error that a call throws, to look at.
#pragma once

#include <utility>

#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack::test {

/// Runs `body` and returns the Error it throws; fails the test when it throws none.
template <class Body>
[[nodiscard]] Error caught(Body&& body) {
    try {
        std::forward<Body>(body)();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "no error was thrown";
    return Error(ErrorKind::bug, "nothing was thrown");
}

}  // namespace poststack::test
