#include "workflow/server_log.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "sys/file.h"

namespace poststack::workflow {
namespace {

namespace fs = std::filesystem;

class LogTailTest : public ::testing::Test {
  protected:
    void write(const std::string& name, const std::string& text) {
        std::ofstream(folder_.path() / name) << text;
    }

    [[nodiscard]] std::string tail(std::uint64_t lines) const {
        std::string text;
        LogTail(folder_.path() / "log", lines).read([&](std::string_view piece) { text += piece; });
        return text;
    }

    sys::TempDir folder_;
};

TEST_F(LogTailTest, GivesTheLastLines) {
    write("log", "one\ntwo\nthree\n");

    EXPECT_EQ(tail(0), "");
    EXPECT_EQ(tail(1), "three\n");
    EXPECT_EQ(tail(2), "two\nthree\n");
    EXPECT_EQ(tail(3), "one\ntwo\nthree\n");
    EXPECT_EQ(tail(99), "one\ntwo\nthree\n");
}

TEST_F(LogTailTest, CountsALineWithoutAnEnd) {
    write("log", "one\ntwo\nthr");

    EXPECT_EQ(tail(1), "thr");
    EXPECT_EQ(tail(2), "two\nthr");
}

TEST_F(LogTailTest, WalksThroughAllRotatedParts) {
    write("log", "seven\n");
    write("log.1", "five\nsix\n");
    write("log.2", "three\nfour\n");
    write("log.3", "one\ntwo\n");

    EXPECT_EQ(tail(1), "seven\n");
    EXPECT_EQ(tail(2), "six\nseven\n");
    EXPECT_EQ(tail(3), "five\nsix\nseven\n");
    EXPECT_EQ(tail(6), "two\nthree\nfour\nfive\nsix\nseven\n");
    EXPECT_EQ(tail(100), "one\ntwo\nthree\nfour\nfive\nsix\nseven\n");
}

TEST_F(LogTailTest, TakesAFreshAndEmptyFileForNoLine) {
    write("log", "");
    write("log.1", "one\ntwo\n");

    EXPECT_EQ(tail(1), "two\n");
}

TEST_F(LogTailTest, FindsLinesFarFromTheEnd) {
    std::string text;
    for (int line = 0; line < 50'000; ++line)
        text += std::to_string(line) + '\n';
    write("log", text);

    EXPECT_EQ(tail(49'999), text.substr(2));
    EXPECT_EQ(tail(50'000), text);
}

TEST_F(LogTailTest, OfNoFileIsEmpty) {
    EXPECT_EQ(tail(10), "");
}

}  // namespace
}  // namespace poststack::workflow
