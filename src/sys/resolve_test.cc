#include "sys/resolve.h"

#include <gtest/gtest.h>

namespace poststack::sys {
namespace {

using std::chrono::seconds;

TEST(ResolveHost, ReturnsNumericAddressesAsTheyAre) {
    EXPECT_EQ(resolve_host("127.0.0.1", seconds(1)).addresses,
              std::vector<std::string>{"127.0.0.1"});
    EXPECT_EQ(resolve_host("::1", seconds(1)).addresses, std::vector<std::string>{"::1"});
}

TEST(ResolveHost, SaysWhyANameHasNoAddress) {
    const Resolution found = resolve_host("no such host", seconds(30));

    EXPECT_TRUE(found.addresses.empty());
    EXPECT_NE(found.reason, "");
}

}  // namespace
}  // namespace poststack::sys
