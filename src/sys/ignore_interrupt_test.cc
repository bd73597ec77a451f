#include "sys/ignore_interrupt.h"

#include <csignal>

#include <gtest/gtest.h>

namespace poststack::sys {
namespace {

TEST(IgnoreInterrupt, RestoresWhatWasThereBefore) {
    struct sigaction before{};
    ::sigaction(SIGINT, nullptr, &before);
    {
        const IgnoreInterrupt ignore;
        EXPECT_FALSE(IgnoreInterrupt::was_interrupted());
        ASSERT_EQ(::raise(SIGINT), 0);  // would end the test program
        EXPECT_TRUE(IgnoreInterrupt::was_interrupted());
    }
    struct sigaction after{};
    ::sigaction(SIGINT, nullptr, &after);

    EXPECT_EQ(after.sa_handler, before.sa_handler);
}

}  // namespace
}  // namespace poststack::sys
