#include "base/error.h"

#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

namespace poststack {
namespace {

static_assert(std::is_nothrow_copy_constructible_v<Error>, "a copy while unwinding must not throw");

TEST(Error, GivesEachKindItsExitCode) {
    struct Case {
        ErrorKind kind;
        int code;
        std::string_view name;
    };
    const std::vector<Case> cases{{ErrorKind::usage, 2, "usage"},
                                  {ErrorKind::config, 3, "config"},
                                  {ErrorKind::not_found, 4, "not_found"},
                                  {ErrorKind::conflict, 5, "conflict"},
                                  {ErrorKind::denied, 6, "denied"},
                                  {ErrorKind::timeout, 7, "timeout"},
                                  {ErrorKind::tool, 8, "tool"},
                                  {ErrorKind::database, 9, "database"},
                                  {ErrorKind::io, 10, "io"},
                                  {ErrorKind::bug, 70, "bug"}};

    for (const Case& row : cases) {
        EXPECT_EQ(exit_code(Error(row.kind, "x")), row.code) << row.name;
        EXPECT_EQ(name(row.kind), row.name);
    }
}

TEST(Error, InterruptedExitsAsTheShellSaysIt) {
    EXPECT_EQ(exit_code(Error(ErrorKind::interrupted, "x").signal(2)), 130);
    EXPECT_EQ(exit_code(Error(ErrorKind::interrupted, "x").signal(15)), 143);
}

TEST(Error, CarriesWhatWasSet) {
    const Error error = Error(ErrorKind::database, "cannot apply")
                            .hint("Fix it.")
                            .sqlstate("42601")
                            .detail("more")
                            .position(7)
                            .retryable();

    EXPECT_STREQ(error.what(), "cannot apply");
    EXPECT_EQ(error.hint(), "Fix it.");
    EXPECT_EQ(error.sqlstate(), "42601");
    EXPECT_EQ(error.detail(), "more");
    EXPECT_EQ(error.position(), 7);
    EXPECT_TRUE(error.is_retryable());
}

TEST(Error, KnowsWhereItWasThrown) {
    const Error error(ErrorKind::bug, "x");

    EXPECT_TRUE(std::string_view(error.file()).ends_with("error_test.cc"));
    EXPECT_GT(error.line(), 0);
}

TEST(WithContext, AddsLinesInnermostFirst) {
    try {
        with_context([] { return std::string("outer"); },
                     [] {
                         with_context([] { return std::string("inner"); },
                                      [] { throw Error(ErrorKind::io, "x"); });
                     });
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.context(), (std::vector<std::string>{"inner", "outer"}));
    }
}

TEST(WithContext, ReturnsWhatTheBodyReturns) {
    bool described = false;

    const int value = with_context(
        [&] {
            described = true;
            return std::string();
        },
        [] { return 3; });

    EXPECT_EQ(value, 3);
    EXPECT_FALSE(described);
}

}  // namespace
}  // namespace poststack
