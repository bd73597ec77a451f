#include "base/log.h"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace poststack {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A logger whose lines can be looked at.
struct Recorder {
    explicit Recorder(LogLevel least = LogLevel::trace) {
        logger.add_sink(least,
                        [this](LogLevel, std::string_view line) { lines.emplace_back(line); });
    }

    Logger logger;
    std::vector<std::string> lines;
};

TEST(Logger, WritesFieldsBehindTheMessage) {
    Recorder recorder;

    recorder.logger.info("started", {{"pid", "12"}, {"path", "/a b"}, {"note", "say \"hi\""}});

    EXPECT_THAT(recorder.lines, ElementsAre(R"(started pid=12 path="/a b" note="say \"hi\"")"));
}

TEST(Logger, KeepsOneCallOnOneLine) {
    Recorder recorder;

    recorder.logger.error("a\nb\x1b[31m", {{"x", "c\r\nd"}, {"empty", ""}});

    EXPECT_THAT(recorder.lines, ElementsAre(R"(a\nb\x1b[31m x=c\r\nd empty="")"));
}

TEST(Logger, GivesEachSinkItsLevels) {
    Recorder recorder(LogLevel::warning);

    recorder.logger.error("e");
    recorder.logger.warning("w");
    recorder.logger.info("i");

    EXPECT_THAT(recorder.lines, ElementsAre("e", "w"));
    EXPECT_TRUE(recorder.logger.wants(LogLevel::warning));
    EXPECT_FALSE(recorder.logger.wants(LogLevel::info));
    EXPECT_FALSE(Logger().wants(LogLevel::error));
}

TEST(Logger, MasksMessagesAndFields) {
    Recorder recorder;

    recorder.logger.debug("run postgres://u:topsecret@h/db",
                          {{"password", "topsecret"}, {"note", "password='topsecret x'"}});

    ASSERT_EQ(recorder.lines.size(), 1U);
    EXPECT_THAT(recorder.lines[0], testing::Not(HasSubstr("topsecret")));
    EXPECT_THAT(recorder.lines[0], HasSubstr("postgres://u:***@h/db"));
}

TEST(Logger, SurvivesASinkThatThrows) {
    Logger logger;
    logger.add_sink(LogLevel::info,
                    [](LogLevel, std::string_view) { throw std::runtime_error("x"); });
    int calls = 0;
    logger.add_sink(LogLevel::info, [&](LogLevel, std::string_view) { ++calls; });

    EXPECT_NO_THROW(logger.info("a"));

    EXPECT_EQ(calls, 1);
}

TEST(ParseLogLevel, KnowsTheWordsInAnyCase) {
    EXPECT_EQ(parse_log_level("ERROR", "x"), LogLevel::error);
    EXPECT_EQ(parse_log_level("warn", "x"), LogLevel::warning);
    EXPECT_EQ(parse_log_level("Warning", "x"), LogLevel::warning);
    EXPECT_EQ(parse_log_level(" info ", "x"), LogLevel::info);
    EXPECT_EQ(parse_log_level("debug", "x"), LogLevel::debug);
    EXPECT_EQ(parse_log_level("trace", "x"), LogLevel::trace);
}

TEST(ParseLogLevel, NamesTheOriginOfAWrongWord) {
    try {
        [[maybe_unused]] const LogLevel level = parse_log_level("loud", "--log-level");
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::config);
        EXPECT_EQ(error.message(), "\"loud\" in --log-level is not a log level");
        EXPECT_THAT(error.hint(), HasSubstr("debug"));
    }
}

}  // namespace
}  // namespace poststack
