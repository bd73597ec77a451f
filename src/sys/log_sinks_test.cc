#include "sys/log_sinks.h"

#include <set>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "support/in_child.h"
#include "sys/file.h"
#include "sys/user.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

class RotatingFileTest : public testing::Test {
  protected:
    [[nodiscard]] std::string content(const char* name) const { return read_file(at(name)); }

    [[nodiscard]] fs::path at(const char* name) const { return folder.path() / name; }

    TempDir folder;
};

TEST_F(RotatingFileTest, AppendsLinesPrivately) {
    RotatingFile(at("log")).write_line("one");
    RotatingFile(at("log")).write_line("two");

    EXPECT_EQ(content("log"), "one\ntwo\n");
    EXPECT_EQ(find_info(at("log"))->mode, 0600U);
}

TEST_F(RotatingFileTest, KeepsTheNewestFilesAlone) {
    RotatingFile file(at("log"), {.max_bytes = 10, .keep = 3});
    for (const char* line : {"line one", "line two", "line three", "line four"}) {
        file.write_line(line);
    }

    EXPECT_EQ(content("log"), "line four\n");
    EXPECT_EQ(content("log.1"), "line three\n");
    EXPECT_EQ(content("log.2"), "line two\n");
    EXPECT_THAT(list_directory(folder.path()), ElementsAre("log", "log.1", "log.2"));
}

TEST_F(RotatingFileTest, FillsAFileUpToItsLimit) {
    RotatingFile file(at("log"), {.max_bytes = 10, .keep = 2});
    file.write_line("1234");
    file.write_line("6789");
    file.write_line("x");

    EXPECT_EQ(content("log.1"), "1234\n6789\n");
    EXPECT_EQ(content("log"), "x\n");
}

TEST_F(RotatingFileTest, WritesALineThatIsLargerThanAFile) {
    RotatingFile file(at("log"), {.max_bytes = 10, .keep = 2});
    file.write_line(std::string(100, 'x'));
    file.write_line("y");

    EXPECT_EQ(content("log.1"), std::string(100, 'x') + "\n");
    EXPECT_EQ(content("log"), "y\n");
}

TEST_F(RotatingFileTest, WithOneFileStartsOver) {
    RotatingFile file(at("log"), {.max_bytes = 10, .keep = 1});
    file.write_line("12345678");
    file.write_line("x");

    EXPECT_EQ(content("log"), "x\n");
    EXPECT_THAT(list_directory(folder.path()), ElementsAre("log"));
}

TEST_F(RotatingFileTest, FollowsARotationBySomebodyElse) {
    RotatingFile first(at("log"), {.max_bytes = 10, .keep = 3});
    RotatingFile second(at("log"), {.max_bytes = 10, .keep = 3});
    first.write_line("12345678");
    second.write_line("abcdefgh");
    first.write_line("x");

    EXPECT_EQ(content("log"), "x\n");
    EXPECT_EQ(content("log.1"), "abcdefgh\n");
    EXPECT_EQ(content("log.2"), "12345678\n");
}

TEST_F(RotatingFileTest, ComesBackAfterTheFileWasRemoved) {
    RotatingFile file(at("log"));
    file.write_line("one");
    fs::remove(at("log"));
    file.write_line("two");

    EXPECT_EQ(content("log"), "two\n");
}

TEST_F(RotatingFileTest, LosesNoLineOfManyWriters) {
    constexpr int writers = 4;
    constexpr int lines = 200;
    std::vector<pid_t> children;
    for (int writer = 0; writer < writers; ++writer) {
        const pid_t pid = ::fork();
        ASSERT_GE(pid, 0);
        if (pid > 0) {
            children.push_back(pid);
            continue;
        }
        RotatingFile file(at("log"), {.max_bytes = 2000, .keep = 100});
        for (int line = 0; line < lines; ++line) {
            file.write_line("writer " + std::to_string(writer) + " line " + std::to_string(line));
        }
        ::_exit(0);
    }
    for (const pid_t pid : children) {
        int status = 0;
        ASSERT_EQ(::waitpid(pid, &status, 0), pid);
        EXPECT_EQ(status, 0);
    }

    std::set<std::string> seen;
    for (const std::string& name : list_directory(folder.path())) {
        const std::string text = read_file(folder.path() / name);
        EXPECT_TRUE(text.ends_with('\n')) << name;
        for (const std::string_view line : split(trim(text), '\n')) {
            EXPECT_THAT(std::string(line), MatchesRegex("writer [0-9]+ line [0-9]+"));
            EXPECT_TRUE(seen.emplace(line).second) << "twice: " << line;
        }
    }
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(writers * lines));
}

TEST_F(RotatingFileTest, RefusesASymlinkAndAMissingFolder) {
    fs::create_symlink("elsewhere", at("log"));

    EXPECT_THROW(RotatingFile{at("log")}, Error);
    EXPECT_THROW(RotatingFile{at("no/log")}, Error);
    EXPECT_FALSE(find_info(at("elsewhere")));
}

TEST_F(RotatingFileTest, SinkStampsItsLines) {
    Logger logger;
    logger.add_sink(LogLevel::debug, file_sink(at("log")));

    logger.info("started", {{"pid", "7"}});

    EXPECT_THAT(content("log"),
                MatchesRegex("20[0-9-]{8}T[0-9:]{8}\\.[0-9]{3}Z info started pid=7\n"));
}

TEST_F(RotatingFileTest, SinkMakesItsFileAtTheFirstLine) {
    Logger logger;
    logger.add_sink(LogLevel::info, file_sink(at("logs/database/log")));
    logger.debug("not for the file");
    EXPECT_FALSE(find_info(at("logs")));

    logger.info("for the file");

    EXPECT_THAT(content("logs/database/log"), HasSubstr("for the file"));
}

TEST_F(RotatingFileTest, SinkGivesNewFilesToTheirOwner) {
    if (!is_root()) GTEST_SKIP() << "needs root";
    Logger logger;
    const Rotation rotation{.max_bytes = 20, .keep = 2, .owner = Owner{12345, 23456}};
    logger.add_sink(LogLevel::info, file_sink(at("logs/log"), rotation));

    logger.info("one");
    logger.info("two");

    for (const char* name : {"logs", "logs/log", "logs/log.1"}) {
        EXPECT_EQ(find_info(at(name))->uid, 12345U) << name;
        EXPECT_EQ(find_info(at(name))->gid, 23456U) << name;
    }
    EXPECT_NE(find_info(folder.path())->uid, 12345U) << "what was there keeps its owner";
}

TEST_F(RotatingFileTest, SinkGoesQuietWhenTheFileCannotBeWritten) {
    RotatingFile(at("logs")).write_line("a file, where the folder should be");
    std::vector<std::string> failures;
    Logger logger;
    logger.add_sink(LogLevel::info, file_sink(at("logs/log"), {}, [&](const Error& error) {
                        failures.push_back(error.message());
                    }));

    EXPECT_NO_THROW(logger.info("one"));
    EXPECT_NO_THROW(logger.info("two"));

    EXPECT_THAT(failures, ElementsAre(HasSubstr("logs/log")));
}

TEST_F(RotatingFileTest, TerminalSinkWritesPlainLinesToAPipe) {
    const Pipe pipe = make_pipe();
    const int code = test::in_child([&] {
        ::dup2(pipe.write_end.get(), STDERR_FILENO);
        terminal_sink()(LogLevel::warning, "look here");
        return 0;
    });

    EXPECT_EQ(code, 0);
    std::string text(200, '\0');
    const ssize_t count = ::read(pipe.read_end.get(), text.data(), text.size());
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    EXPECT_THAT(text, MatchesRegex("[0-9]{2}:[0-9]{2}:[0-9]{2} warn look here\n"));
}

}  // namespace
}  // namespace poststack::sys
