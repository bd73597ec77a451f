#include "cli/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "cli/command_line.h"
#include "cli/global_options.h"
#include "cli/test_table.h"

namespace poststack::cli {
namespace {

using testing::ElementsAre;
using Words = std::vector<std::string>;

class ParseOptions : public testing::Test {
  protected:
    /// Parses what stands behind the words of the command.
    Words parse(const Words& path, const Words& args) {
        const Command* command = find_command(table_, path);
        const Words rest = parse_options(merged_options(*command, globals_), path, args);
        assign_arguments(*command, rest);
        return rest;
    }

    std::string message(const Words& path, const Words& args) {
        try {
            parse(path, args);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::usage);
            return error.message();
        }
        return "no error";
    }

    TestValues values_;
    CommandTable table_ = test_table(values_);
    GlobalArgs global_args_;
    std::vector<Option> globals_ = global_options(global_args_);
    const Words migrate_{"database", "migrate"};
};

TEST_F(ParseOptions, StoresValuesUnderEverySpelling) {
    parse(migrate_, {"--target", "004", "-n", "--count=3", "--json"});

    EXPECT_EQ(values_.target, "004");
    EXPECT_TRUE(values_.dry_run);
    EXPECT_EQ(values_.count, 3);
    EXPECT_TRUE(global_args_.json);
}

TEST_F(ParseOptions, LetsACommandReuseAGlobalShortName) {
    parse({"logs"}, {"-f", "web", "db"});

    EXPECT_TRUE(values_.follow);
    EXPECT_THAT(values_.services, ElementsAre("web", "db"));
    EXPECT_THAT(global_args_.files, ElementsAre());
}

TEST_F(ParseOptions, StillTakesTheLongNameOfThatGlobal) {
    parse({"logs"}, {"--file", "compose.yaml"});

    EXPECT_THAT(global_args_.files, ElementsAre("compose.yaml"));
}

TEST_F(ParseOptions, CollectsRepeatedFiles) {
    parse({"status"}, {"-f", "a.yaml", "-fb.yaml", "--file=c.yaml"});

    EXPECT_THAT(global_args_.files, ElementsAre("a.yaml", "b.yaml", "c.yaml"));
}

TEST_F(ParseOptions, TakesEverythingBehindTwoDashesAsArguments) {
    parse({"logs"}, {"--", "-f", "--json"});

    EXPECT_THAT(values_.services, ElementsAre("-f", "--json"));
    EXPECT_FALSE(values_.follow);
}

TEST_F(ParseOptions, NamesWhatIsWrong) {
    EXPECT_EQ(message(migrate_, {"--count", "many"}),
              "option --count needs a whole number, not \"many\"");
    EXPECT_EQ(message(migrate_, {"--count", "99999999999"}),
              "option --count needs a whole number, not \"99999999999\"");
    EXPECT_EQ(message(migrate_, {"--target"}), "option --target needs a value (VERSION)");
    EXPECT_EQ(message(migrate_, {"--target", "1", "--target-version", "2"}),
              "option --target-version is given twice");
    EXPECT_EQ(message(migrate_, {"--dry-run=yes"}), "option --dry-run takes no value");
    EXPECT_EQ(message(migrate_, {"--dry-rum"}), "unknown option \"--dry-rum\"");
    EXPECT_EQ(message(migrate_, {"now"}), "unexpected argument \"now\"");
    EXPECT_EQ(message({"database", "new"}, {}), "\"poststack database new\" needs NAME");
}

TEST_F(ParseOptions, RefusesAnOptionNameAsValue) {
    EXPECT_EQ(message(migrate_, {"--target", "--json"}), "option --target needs a value (VERSION)");
}

}  // namespace
}  // namespace poststack::cli
