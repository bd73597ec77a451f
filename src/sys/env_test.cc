#include "sys/env.h"

#include <cstdlib>
#include <fcntl.h>

#include <gtest/gtest.h>

#include "support/in_child.h"
#include "sys/fd.h"

namespace poststack::sys {
namespace {

TEST(Env, TellsEmptyFromUnset) {
    EXPECT_EQ(test::in_child([] {
                  ::setenv("POSTSTACK_TEST_A", "", 1);
                  ::setenv("POSTSTACK_TEST_B", "x=y", 1);
                  ::unsetenv("POSTSTACK_TEST_C");
                  const auto all = environment();
                  const bool found = find_env("POSTSTACK_TEST_A") == "" &&
                                     find_env("POSTSTACK_TEST_B") == "x=y" &&
                                     !find_env("POSTSTACK_TEST_C");
                  const bool listed = all.at("POSTSTACK_TEST_A").empty() &&
                                      all.at("POSTSTACK_TEST_B") == "x=y" &&
                                      !all.contains("POSTSTACK_TEST_C");
                  return found && listed ? 0 : 1;
              }),
              0);
}

TEST(Env, SurvivesAnOddEnvironment) {
    EXPECT_EQ(test::in_child([] {
                  char broken[] = "no equals sign";
                  char nameless[] = "=x";
                  char good[] = "A=1";
                  char twice[] = "A=2";
                  char* odd[] = {broken, nameless, good, twice, nullptr};
                  environ = odd;
                  const auto all = environment();
                  if (all.size() != 1 || all.at("A") != "1") return 1;
                  environ = nullptr;
                  return environment().empty() ? 0 : 2;
              }),
              0);
}

TEST(Terminal, IsNoneWhereOutputGoesToAFile) {
    EXPECT_EQ(test::in_child([] {
                  const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
                  ::dup2(nothing.get(), 1);
                  ::setenv("COLUMNS", "40", 1);
                  return !is_terminal(1) && terminal_width() == 0 ? 0 : 1;
              }),
              0);
    EXPECT_FALSE(is_terminal(-1));
}

TEST(Terminal, WidthIsTheTerminals) {
    const UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(master);
    ASSERT_EQ(::grantpt(master.get()) + ::unlockpt(master.get()), 0);
    EXPECT_EQ(
        test::in_child([&] {
            const UniqueFd slave(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
            if (!slave) return 3;
            ::dup2(slave.get(), 1);
            ::setenv("COLUMNS", "40", 1);
            return is_terminal(1) && terminal_width() == 40 ? 0 : 1;
        }),
        0);
}

}  // namespace
}  // namespace poststack::sys
