#include "base/secret.h"

#include <sstream>
#include <type_traits>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace poststack {
namespace {

template <class Value>
concept Streamable = requires(std::ostringstream& out, const Value& value) { out << value; };

// The point of the type: code that would print a secret does not compile.
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!Streamable<Secret>);
static_assert(Streamable<std::string>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);

TEST(Secret, RevealsItsValue) {
    EXPECT_EQ(Secret("hunter2").reveal(), "hunter2");
    EXPECT_TRUE(Secret().empty());
}

TEST(Secret, MovingLeavesNothingBehind) {
    for (const std::string value : {"short", "longer than any small-string buffer could hold"}) {
        Secret first(value);

        const Secret second(std::move(first));

        EXPECT_EQ(second.reveal(), value);
        EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is the question
    }
}

TEST(Secret, AssignmentReplacesTheValue) {
    Secret target("old");

    target = Secret("new");

    EXPECT_EQ(target.reveal(), "new");
}

TEST(Secret, SelfAssignmentKeepsTheValue) {
    Secret secret("value");
    Secret& same = secret;

    secret = std::move(same);

    EXPECT_EQ(secret.reveal(), "value");
}

TEST(Secret, CloneIsIndependent) {
    Secret first("value");

    const Secret second = first.clone();
    first = Secret();

    EXPECT_EQ(second.reveal(), "value");
}

}  // namespace
}  // namespace poststack
