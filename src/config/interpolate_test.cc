#include "config/interpolate.h"

#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack::config {
namespace {

using ::testing::HasSubstr;

std::optional<std::string> lookup(std::string_view name) {
    const std::map<std::string, std::string, std::less<>> values = {
        {"SET", "value"}, {"EMPTY", ""}, {"_x9", "nine"}};
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
}

std::string replace(std::string_view text) {
    return interpolate(text, lookup, ".env:3");
}

struct Case {
    const char* text;
    const char* expected;
};

class Interpolate : public ::testing::TestWithParam<Case> {};

TEST_P(Interpolate, Replaces) {
    EXPECT_EQ(replace(GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Forms,
                         Interpolate,
                         ::testing::Values(Case{"plain", "plain"},
                                           Case{"a$SET-b", "avalue-b"},
                                           Case{"${SET}x", "valuex"},
                                           Case{"$_x9.", "nine."},
                                           Case{"[$MISSING][${MISSING}]", "[][]"},
                                           Case{"$$SET", "$SET"},
                                           Case{"${MISSING:-fallback}", "fallback"},
                                           Case{"${EMPTY:-fallback}", "fallback"},
                                           Case{"${EMPTY-fallback}", ""},
                                           Case{"${SET-fallback}", "value"},
                                           Case{"${SET:+other}", "other"},
                                           Case{"${EMPTY:+other}", ""},
                                           Case{"${EMPTY+other}", "other"},
                                           Case{"${MISSING+other}", ""},
                                           Case{"${SET:?needed}", "value"},
                                           Case{"${EMPTY?needed}", ""},
                                           Case{"${MISSING:-${SET}}", "value"},
                                           Case{"${MISSING:-a${EMPTY:-b}c}", "abc"},
                                           Case{"${MISSING:-{x}}", "{x}"}));

TEST(Interpolate, SaysWhatIsWrongButNotTheValue) {
    const std::vector<Case> cases = {
        {"secret${SET", "is not closed"},
        {"secret${9}", "not followed by a name"},
        {"secret${SET!x}", "unknown operator behind \"${SET\""},
        {"secret${MISSING:?set it in .env}", "variable \"MISSING\" is not set: set it in .env"},
        {"secret${EMPTY:?}", "variable \"EMPTY\" is not set"},
        {"secret$5", "a lone \"$\""},
        {"secret$", "a lone \"$\""},
    };
    for (const Case& one : cases) {
        try {
            static_cast<void>(replace(one.text));
            FAIL() << one.text;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::config);
            EXPECT_THAT(error.message(), HasSubstr("cannot read \".env:3\": "));
            EXPECT_THAT(error.message(), HasSubstr(one.expected));
            EXPECT_THAT(error.message(), ::testing::Not(HasSubstr("secret")));
        }
    }
}

TEST(Interpolate, RefusesEndlessNesting) {
    std::string text;
    for (int depth = 0; depth < 1000; ++depth)
        text += "${M:-";
    text.append(1000, '}');

    EXPECT_THROW(static_cast<void>(replace(text)), Error);
}

}  // namespace
}  // namespace poststack::config
