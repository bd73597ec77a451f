#include "cli/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/output.h"
#include "base/text.h"
#include "cli/global_options.h"
#include "cli/test_table.h"

namespace poststack::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

class HelpText : public testing::Test {
  protected:
    std::string help(const Words& path, const HelpStyle& style = {}) {
        return help_text(table_, globals_, path, style);
    }

    TestValues values_;
    CommandTable table_ = test_table(values_);
    GlobalArgs global_args_;
    std::vector<Option> globals_ = global_options(global_args_);
};

TEST_F(HelpText, ShowsUsageOptionsAndExamples) {
    const std::string text = help({"database", "migrate"});

    EXPECT_THAT(text,
                HasSubstr("Apply migrations\n\nUsage\n  poststack database migrate [options]"));
    EXPECT_THAT(text, HasSubstr("      --target-version, --target VERSION"));
    EXPECT_THAT(text, HasSubstr("  -n, --dry-run "));
    EXPECT_THAT(text, HasSubstr("Examples\n  poststack database migrate -n\n"));
}

TEST_F(HelpText, ListsTheCommandsOfAGroup) {
    const std::string text = help({"database"});

    EXPECT_THAT(text, HasSubstr("  migrate  Apply migrations\n"));
    EXPECT_THAT(text, Not(HasSubstr("status")));
}

TEST_F(HelpText, ShowsCommandAndGroupOfTheSameWord) {
    const std::string text = help({"logs"});

    EXPECT_THAT(text, HasSubstr("poststack logs [options] [SERVICE...]"));
    EXPECT_THAT(text, HasSubstr("  list  List the files\n"));
}

TEST_F(HelpText, NeverExceedsTheWidth) {
    for (const std::size_t width : {40U, 60U, 80U, 100U}) {
        for (const Words& path : {Words{}, Words{"database"}, Words{"database", "migrate"}}) {
            const std::string text = help(path, {.width = width, .colour = false});
            for (const std::string_view line : split(text, '\n')) {
                // An example is a line to copy: it is never broken.
                if (line.starts_with("  poststack ")) continue;
                EXPECT_LE(display_width(line), width) << line;
            }
        }
    }
}

TEST_F(HelpText, ColoursOnlyWhenAsked) {
    EXPECT_THAT(help({}), Not(HasSubstr("\x1b[")));
    EXPECT_THAT(help({}, {.width = 80, .colour = true}), HasSubstr("\x1b[1mCommands\x1b[0m"));
}

TEST(Wrap, BreaksAtBlanksAndIndents) {
    EXPECT_EQ(wrap("one two three", 8, 2), "one\n  two\n  three");
    EXPECT_EQ(wrap("one two three", 80, 2), "one two three");
}

TEST(Wrap, KeepsLineBreaksAndLongWords) {
    EXPECT_EQ(wrap("first\n\nsecond", 20, 0), "first\n\nsecond");
    EXPECT_EQ(wrap("a verylongword b", 5, 0), "a\nverylongword\nb");
}

}  // namespace
}  // namespace poststack::cli
