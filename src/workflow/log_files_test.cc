#include "workflow/log_files.h"

#include <fcntl.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/fd.h"

namespace poststack::workflow {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::days;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::chrono::sys_days today{std::chrono::year(2026) / 11 / 28};

std::vector<std::string> names(const std::vector<LogFile>& files) {
    std::vector<std::string> result;
    for (const LogFile& file : files)
        result.push_back(file.path.filename().native());
    return result;
}

class LogFiles : public testing::Test {
  protected:
    /// Makes a log file of `size` bytes that was written `age` ago.
    fs::path make(const char* name, days age, std::size_t size = 10) {
        const fs::path path = logs / name;
        sys::make_directories(path.parent_path());
        sys::replace_file(path, std::string(size, 'x'));
        fs::last_write_time(path, fs::file_time_type::clock::now() - (age + 1min));
        return path;
    }

    [[nodiscard]] CleanResult clean(CleanOptions options) const {
        options.now = std::chrono::system_clock::now();
        return clean_log_files(logs, options);
    }

    sys::TempDir folder;
    fs::path logs = folder.path() / "logs";
};

TEST_F(LogFiles, AreListedByCategory) {
    make("poststack_20261127.log", days(1), 5);
    make("poststack_20261127.log.1", days(1));
    make("database/postgresql.log", days(0));
    make("containers/shop-postgres.log.2", days(0));

    const std::vector<LogFile> files = list_log_files(logs);

    EXPECT_THAT(names(files),
                ElementsAre("poststack_20261127.log",
                            "poststack_20261127.log.1",
                            "postgresql.log",
                            "shop-postgres.log.2"));
    EXPECT_EQ(files[0].size, 5U);
    EXPECT_EQ(files[0].category, LogCategory::main);
    EXPECT_EQ(files[3].category, LogCategory::container);
    EXPECT_THAT(names(list_log_files(logs, LogCategory::database)), ElementsAre("postgresql.log"));
}

TEST_F(LogFiles, OfOthersAreNotListed) {
    make("application.log", days(0));
    make("poststack_notes.txt", days(0));
    make("poststack_a.log.old", days(0));
    make("database/dump.sql", days(0));
    make("database/.log", days(0));
    make("database/sub/postgresql.log", days(0));
    fs::create_symlink("/etc/passwd", logs / "poststack_link.log");

    EXPECT_THAT(list_log_files(logs), IsEmpty());
}

TEST_F(LogFiles, OfAMissingDirectoryAreNone) {
    EXPECT_THAT(list_log_files(logs), IsEmpty());
    EXPECT_THAT(clean({}).removed, IsEmpty());
}

TEST_F(LogFiles, AreRemovedByAge) {
    make("poststack_old.log", days(8));
    make("poststack_week.log", days(7));
    make("poststack_new.log", days(6));

    EXPECT_THAT(names(clean({}).removed), ElementsAre("poststack_old.log", "poststack_week.log"));
    EXPECT_THAT(names(list_log_files(logs)), ElementsAre("poststack_new.log"));
    EXPECT_THAT(names(clean({.older_than = days(0)}).removed), ElementsAre("poststack_new.log"));
}

TEST_F(LogFiles, AreRemovedByCategory) {
    make("poststack_old.log", days(8));
    make("database/old.log", days(8));

    EXPECT_THAT(names(clean({.only = LogCategory::database}).removed), ElementsAre("old.log"));
    EXPECT_THAT(names(list_log_files(logs)), ElementsAre("poststack_old.log"));
}

TEST_F(LogFiles, StayWithADryRun) {
    make("poststack_old.log", days(8));

    EXPECT_THAT(names(clean({.dry_run = true}).removed), ElementsAre("poststack_old.log"));
    EXPECT_THAT(names(list_log_files(logs)), ElementsAre("poststack_old.log"));
}

TEST_F(LogFiles, InUseAreNeverRemoved) {
    const fs::path path = make("database/postgresql.log", days(30));
    const sys::UniqueFd writer(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));

    const CleanResult result = clean({.older_than = days(0)});

    EXPECT_THAT(result.removed, IsEmpty());
    EXPECT_THAT(names(result.in_use), ElementsAre("postgresql.log"));
    EXPECT_TRUE(sys::find_info(path));
}

TEST_F(LogFiles, AreWrittenByDayAndCategory) {
    Logger logger;
    log_to_files(logger, {.directory = logs, .day = today});
    Logger database;
    log_to_files(database, {.directory = logs, .category = LogCategory::database, .day = today});
    logger.debug("below the level");
    EXPECT_FALSE(sys::find_info(logs));

    logger.info("one");
    database.info("two");

    EXPECT_THAT(sys::read_file(logs / "poststack_20261128.log"), HasSubstr("info one\n"));
    EXPECT_THAT(sys::read_file(logs / "database/poststack_20261128.log"), HasSubstr("two\n"));
}

TEST_F(LogFiles, ThatCannotBeWrittenAreSaidOnceAtDebug) {
    sys::replace_file(logs, "a file, where the directory should be");
    std::vector<std::string> lines;
    Logger logger;
    logger.add_sink(LogLevel::debug,
                    [&](LogLevel, std::string_view line) { lines.emplace_back(line); });
    log_to_files(logger, {.directory = logs, .day = today});

    logger.info("one");
    logger.info("two");

    EXPECT_THAT(lines, ElementsAre("one", HasSubstr("no log file reason="), "two"));
}

}  // namespace
}  // namespace poststack::workflow
