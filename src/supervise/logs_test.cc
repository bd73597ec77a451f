#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "supervise/accounts.h"
#include "supervise/log_file.h"
#include "supervise/oom.h"
#include "supervise/outlet.h"
#include "supervise/program_log.h"
#include "supervise/system_files.h"
#include "sys/file.h"

namespace poststack::supervise {
namespace {

using ::testing::ElementsAre;

void write_file(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
}

class Logs : public ::testing::Test {
  protected:
    [[nodiscard]] std::string path(const std::string& name) const { return (dir_.path() / name); }

    [[nodiscard]] std::string content(const std::string& name) const {
        return sys::find_file(path(name)).value_or("(none)");
    }

  private:
    sys::TempDir dir_;
};

TEST_F(Logs, FilesRotateBetweenLines) {
    LogFile file(path("a"), 10, 2);

    file.write("12345\n");
    file.write("67890\nabc\n");
    file.write("0123456789abcdef\n");

    EXPECT_EQ(content("a"), "0123456789abcdef\n");
    EXPECT_EQ(content("a.1"), "67890\nabc\n");
    EXPECT_EQ(content("a.2"), "12345\n");
    EXPECT_EQ(content("a.3"), "(none)");
}

TEST_F(Logs, ClearRemovesTheBackupsToo) {
    LogFile file(path("a"), 4, 2);
    file.write("1\n2\n3\n4\n5\n");

    EXPECT_EQ(file.clear(), 0);
    file.write("6\n");

    EXPECT_EQ(content("a"), "6\n");
    EXPECT_EQ(content("a.1"), "(none)");
}

TEST_F(Logs, AFullDiskLosesLinesAndCounts) {
    LogFile file("/dev/full", 0, 0);

    file.write("lost\n");

    EXPECT_EQ(file.lost_bytes(), 5U);
}

TEST_F(Logs, NoHalfLineIsLeftWhereTheDiskIsFull) {
    LogFile file(path("a"), 0, 0);
    std::vector<std::pair<int, std::uint64_t>> told;
    file.on_trouble([&](int code, std::uint64_t lost) { told.emplace_back(code, lost); });
    ASSERT_EQ(file.open(), 0);
    const auto before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
    const rlimit small{12, old.rlim_max};

    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    file.write("first\nsecond\nthird\n");
    file.write("fourth is too long\n");
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
    file.write("fifth\n");
    (void)std::signal(SIGXFSZ, before);

    EXPECT_EQ(content("a"), "first\nfifth\n");
    EXPECT_EQ(file.lost_bytes(), 13U + 19U);
    EXPECT_THAT(told, ElementsAre(std::pair(EFBIG, 13U), std::pair(0, 32U)));
}

TEST_F(Logs, LinesAreWholeWhateverThePieces) {
    std::vector<std::string> lines;
    ProgramLog log({"p", "stdout", false},
                   LogFormat::plain,
                   std::make_unique<LogFile>(path("a"), 0, 0),
                   nullptr);
    log.on_line([&](std::string_view line) { lines.emplace_back(line); });

    for (const char* piece : {"a", "b\nc\nd", "", "e\n", "last"})
        log.take(piece);
    EXPECT_EQ(content("a"), "ab\nc\nde\n");
    log.finish();

    EXPECT_THAT(lines, ElementsAre("ab", "c", "de", "last"));
    EXPECT_EQ(content("a"), "ab\nc\nde\nlast\n");
}

TEST_F(Logs, StripsWhatSteersTerminals) {
    EXPECT_EQ(without_ansi("\x1b[1;31mred\x1b[0m \x1b[Kx\x1b"), "red x");
}

TEST_F(Logs, JsonIsValidForAnyBytes) {
    const std::string line =
        json_line({"p", "stderr", true}, "ERROR:  \xff\xed\xa0\x80\t\"\xc3\xa9", {});

    EXPECT_EQ(line,
              "{\"time\":\"1970-01-01T00:00:00.000Z\",\"program\":\"p\",\"stream\":\"stderr\","
              "\"level\":\"error\",\"message\":\"ERROR:  \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
              "\xef\xbf\xbd\\u0009\\\"\xc3\xa9\"}");
}

TEST_F(Logs, PostgresSeveritiesBecomeLevels) {
    EXPECT_EQ(postgres_level("2026 [1] LOG:  checkpoint"), "info");
    EXPECT_EQ(postgres_level("2026 [1] FATAL:  no"), "error");
    EXPECT_EQ(postgres_level("2026 [1] WARNING:  ERROR:  said so"), "warn");
    EXPECT_EQ(postgres_level("no severity"), "info");
}

TEST_F(Logs, AnOutletNobodyReadsDropsAndSaysSo) {
    sys::Poller poller;
    const sys::Pipe pipe = sys::make_pipe();
    Outlet outlet(poller, pipe.write_end.get());
    const std::string line(1000, 'x');

    while (!outlet.is_full())
        outlet.write_line("p | ", line);
    ASSERT_TRUE(outlet.deadline());
    outlet.tick(*outlet.deadline());
    EXPECT_FALSE(outlet.is_full());
    outlet.write_line("p | ", line);
    EXPECT_EQ(outlet.dropped(), 1U);

    // Somebody reads again: everything that was kept, and then how much was not.
    std::string all;
    for (int turn = 0; turn < 100 && all.find("dropped") == std::string::npos; ++turn) {
        char buffer[64U << 10];
        const ssize_t count = ::read(pipe.read_end.get(), buffer, sizeof buffer);
        all.append(buffer, static_cast<std::size_t>(count));
        outlet.flush();
        outlet.write_line("p | ", "next");
    }
    EXPECT_NE(all.find("1 lines were dropped"), std::string::npos);
}

TEST_F(Logs, AccountsComeFromTheFilesAlone) {
    write_file(path("passwd"), "root:x:0:0::/root:/bin/sh\napp:x:1000:100::/home/app:/bin/sh\n");
    write_file(path("group"), "users:x:100:\nssl:x:7:other,app\n");
    const auto find = [&](const std::string& text) {
        return find_run_as(text, path("passwd"), path("group"));
    };

    EXPECT_EQ(find("app"), (RunAs{1000, 100, {100, 7}, "app", "/home/app"}));
    EXPECT_EQ(find("1000:ssl")->gid, 7U);
    EXPECT_EQ(find("4711"), (RunAs{4711, 4711, {4711}, "", ""}));
    EXPECT_FALSE(find("ghost"));
    EXPECT_FALSE(find("app:ghost"));
    EXPECT_FALSE(find("4294967295"));
}

TEST_F(Logs, OutOfMemoryIsSeenInEitherVersion) {
    write_file(path("p2/self/cgroup"), "0::/box\n");
    write_file(path("c2/box/memory.events"), "low 0\noom_kill 1\n");
    OomWatch second(path("p2"), path("c2"));
    EXPECT_FALSE(second.happened());
    write_file(path("c2/box/memory.events"), "low 0\noom_kill 2\n");
    EXPECT_TRUE(second.happened());
    EXPECT_FALSE(second.happened());

    write_file(path("p1/self/cgroup"), "5:cpu:/x\n4:memory:/host/path\n");
    write_file(path("c1/memory/memory.oom_control"), "under_oom 0\noom_kill 0\n");
    OomWatch first(path("p1"), path("c1"));
    write_file(path("c1/memory/memory.oom_control"), "under_oom 0\noom_kill 3\n");
    EXPECT_TRUE(first.happened());
}

TEST_F(Logs, PatternsMatchInOrder) {
    for (const char* name : {"d1/b.conf", "d1/a.conf", "d2/c.conf", "d1/.hidden.conf", "d1/x.txt"})
        write_file(path(name), "");

    EXPECT_THAT(find_matches(path("d*/*.conf")),
                ElementsAre(path("d1/a.conf"), path("d1/b.conf"), path("d2/c.conf")));
    EXPECT_THAT(find_matches(path("none/*.conf")), ElementsAre());
    EXPECT_THAT(find_matches(path("d[!1]/?.c*f")), ElementsAre(path("d2/c.conf")));
    EXPECT_THAT(find_matches(path("d1/[b-z]*")), ElementsAre(path("d1/b.conf"), path("d1/x.txt")));
    EXPECT_THAT(find_matches(path("d1/.*")), ElementsAre(path("d1/.hidden.conf")));
    EXPECT_THAT(find_matches(path("d1/*o*n*x")), ElementsAre());
}

}  // namespace
}  // namespace poststack::supervise
