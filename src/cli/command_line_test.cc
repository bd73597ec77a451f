#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/global_options.h"
#include "cli/test_table.h"

namespace poststack::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Words = std::vector<std::string>;

class SplitCommandLine : public testing::Test {
  protected:
    CommandLine split(const Words& args) {
        line_args_ = args;
        return split_command_line(table_, globals_, line_args_);
    }

    Error failure(const Words& args) {
        try {
            static_cast<void>(split(args));
        } catch (const Error& error) {
            return error;
        }
        return Error(ErrorKind::bug, "no error");
    }

    TestValues values_;
    CommandTable table_ = test_table(values_);
    GlobalArgs global_args_;
    std::vector<Option> globals_ = global_options(global_args_);
    Words line_args_;
};

TEST_F(SplitCommandLine, FindsWordsBetweenGlobalOptions) {
    const CommandLine line = split({"--project", "dir", "database", "--json", "migrate", "-n"});

    ASSERT_NE(line.command, nullptr);
    EXPECT_EQ(line.command->summary, "Apply migrations");
    EXPECT_THAT(line.before, ElementsAre("--project", "dir", "--json"));
    EXPECT_THAT(line.after, ElementsAre("-n"));
}

TEST_F(SplitCommandLine, LeavesArgumentsNamedLikeCommandsAlone) {
    const CommandLine line = split({"database", "new", "status"});

    EXPECT_THAT(line.path, ElementsAre("database", "new"));
    EXPECT_THAT(line.after, ElementsAre("status"));
}

TEST_F(SplitCommandLine, TakesServicesOfACommandThatIsAlsoAGroup) {
    EXPECT_THAT(split({"logs", "web"}).path, ElementsAre("logs"));
    EXPECT_THAT(split({"logs", "list"}).path, ElementsAre("logs", "list"));
}

TEST_F(SplitCommandLine, KeepsAttachedValuesTogether) {
    const CommandLine line = split({"--format=json", "-fcompose.yaml", "status"});

    EXPECT_THAT(line.before, ElementsAre("--format=json", "-fcompose.yaml"));
    EXPECT_THAT(line.path, ElementsAre("status"));
}

TEST_F(SplitCommandLine, NamesNearestCommandInsideItsGroup) {
    const Error error = failure({"database", "migarte"});

    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_EQ(error.message(), "unknown command \"migarte\" of \"poststack database\"");
    EXPECT_EQ(error.hint(), "Did you mean \"poststack database migrate\"?");
}

TEST_F(SplitCommandLine, FindsACommandTypedWithoutItsGroup) {
    EXPECT_EQ(failure({"migrate"}).hint(), "Did you mean \"poststack database migrate\"?");
}

TEST_F(SplitCommandLine, PointsToHelpWhenNothingIsNear) {
    EXPECT_EQ(failure({"database", "frobnicate"}).hint(),
              "Type \"poststack database --help\" for the list of commands.");
}

TEST_F(SplitCommandLine, RefusesCommandOptionsBeforeTheWords) {
    EXPECT_EQ(failure({"--dry-run", "database", "migrate"}).message(),
              "unknown option \"--dry-run\"");
}

TEST_F(SplitCommandLine, HasNoCommandForAGroup) {
    const CommandLine line = split({"database"});

    EXPECT_EQ(line.command, nullptr);
    EXPECT_THAT(line.path, ElementsAre("database"));
}

TEST_F(SplitCommandLine, StopsAtTwoDashes) {
    EXPECT_THAT(split({"logs", "--", "list"}).after, ElementsAre("--", "list"));
    EXPECT_THAT(split({"--", "status"}).path, IsEmpty());
}

}  // namespace
}  // namespace poststack::cli
