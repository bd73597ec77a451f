#include "instance/log_writer.h"

#include <chrono>
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

TEST(LogWriter, MakesARemovedFolderAgain) {
    const sys::TempDir folder;
    const std::filesystem::path log = folder.path() / "logs/database/log";
    sys::make_directories(log.parent_path(), 0700);
    sys::Pipe pipe = sys::make_pipe();
    std::thread writer([&] { write_log(pipe.read_end.get(), log); });
    sys::write_all(pipe.write_end.get(), "first\n", "pipe");
    for (int round = 0; round < 3000 && sys::find_file(log).value_or("").empty(); ++round)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));

    std::filesystem::remove_all(folder.path() / "logs");
    sys::write_all(pipe.write_end.get(), "second\n", "pipe");
    pipe.write_end = sys::UniqueFd();
    writer.join();

    EXPECT_EQ(sys::read_file(log), "second\n");
    EXPECT_EQ(sys::find_info(log.parent_path())->mode, 0700U);
    EXPECT_EQ(sys::find_info(log)->mode, 0600U);
}

TEST(LogWriter, ReadsOnWhenNothingCanBeWritten) {
    const sys::TempDir folder;
    sys::make_directories(folder.path() / "log");

    say(std::string(1U << 20, 'x') + "\nend\n", folder.path() / "log");

    EXPECT_TRUE(sys::list_directory(folder.path() / "log").empty());
}

}  // namespace
}  // namespace poststack::instance
