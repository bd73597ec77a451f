#include "cli/commands.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "base/output.h"
#include "base/text.h"
#include "cli/command_line.h"
#include "cli/global_options.h"
#include "cli/parser.h"

namespace poststack::cli {
namespace {

TEST(AllCommands, AreListedOnce) {
    std::set<std::string> seen;
    for (const Command& command : all_commands().commands) {
        EXPECT_TRUE(seen.insert(join(command.path, " ")).second) << join(command.path, " ");
    }
}

TEST(AllCommands, HaveShortSummariesAndARunFunction) {
    for (const Command& command : all_commands().commands) {
        SCOPED_TRACE(join(command.path, " "));
        EXPECT_LT(display_width(command.summary), 60U);
        EXPECT_FALSE(command.summary.ends_with('.'));
        EXPECT_FALSE(command.examples.empty());
        EXPECT_TRUE(command.run);
    }
}

TEST(AllCommands, HaveGroupsWithSummaries) {
    const CommandTable table = all_commands();
    for (const Group& group : table.groups) {
        EXPECT_FALSE(next_words(table, group.path).empty()) << join(group.path, " ");
    }
    for (const Command& command : table.commands) {
        if (command.path.size() < 2) continue;
        const bool known =
            std::any_of(table.groups.begin(), table.groups.end(), [&](const auto& group) {
                return group.path.front() == command.path.front();
            });
        EXPECT_TRUE(known) << command.path.front();
    }
}

TEST(AllCommands, HaveOptionsThatCanBeParsed) {
    const CommandTable table = all_commands();
    GlobalArgs args;
    const std::vector<Option> globals = global_options(args);
    for (const Command& command : table.commands) {
        SCOPED_TRACE(join(command.path, " "));
        EXPECT_NO_THROW(
            static_cast<void>(parse_options(merged_options(command, globals), command.path, {})));
        for (const Option& option : command.options) {
            EXPECT_EQ(is_flag(option), option.value.empty()) << option.names;
            EXPECT_FALSE(option.help.empty() || option.help.ends_with('.')) << option.names;
        }
    }
}

}  // namespace
}  // namespace poststack::cli
