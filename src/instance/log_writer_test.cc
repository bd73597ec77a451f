#include "instance/log_writer.h"

#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/fd.h"
#include "sys/file.h"

namespace poststack::instance {
namespace {

using testing::ElementsAre;

/// What a server would have said, through a pipe as it does.
void say(const std::string& text, const std::filesystem::path& log) {
    sys::Pipe pipe = sys::make_pipe();
    std::thread writer([&] { write_log(pipe.read_end.get(), log); });
    sys::write_all(pipe.write_end.get(), text, "pipe");
    pipe.write_end = sys::UniqueFd();
    writer.join();
}

TEST(LogWriter, KeepsFiveFilesOfTenMegabytes) {
    const sys::TempDir folder;
    std::string text;
    constexpr std::size_t line_bytes = 1U << 18;
    for (int line = 0; line < 4 * 10 * 6; ++line)
        text += std::string(line_bytes - 1, static_cast<char>('a' + line % 26)) + '\n';

    say(text, folder.path() / "log");

    EXPECT_THAT(sys::list_directory(folder.path()),
                ElementsAre("log", "log.1", "log.2", "log.3", "log.4"));
    for (const std::string& name : sys::list_directory(folder.path())) {
        EXPECT_LE(sys::find_info(folder.path() / name)->size, 10U << 20) << name;
    }
    EXPECT_EQ(sys::find_info(folder.path() / "log.4")->size, 10U << 20);
}

TEST(LogWriter, WritesLastWordsWithoutALineEnd) {
    const sys::TempDir folder;

    say("first\nPANIC", folder.path() / "log");

    EXPECT_EQ(sys::read_file(folder.path() / "log"), "first\nPANIC\n");
}

TEST(LogWriter, ReadsOnWhenNothingCanBeWritten) {
    const sys::TempDir folder;
    sys::make_directories(folder.path() / "log");

    say(std::string(1U << 20, 'x') + "\nend\n", folder.path() / "log");

    EXPECT_TRUE(sys::list_directory(folder.path() / "log").empty());
}

}  // namespace
}  // namespace poststack::instance
