#include "workflow/database_shell.h"

#include <csignal>

#include <gtest/gtest.h>

#include "base/error.h"
#include "sys/file.h"

namespace poststack::workflow {
namespace {

namespace fs = std::filesystem;

class FindPsql : public ::testing::Test {
  protected:
    fs::path add(const fs::path& place,
                 const std::string& content =
                     "\x7F"
                     "ELF") {
        const fs::path file = directory_.path() / place;
        fs::create_directories(file.parent_path());
        sys::replace_file(file, content, {.mode = 0755, .owner = {}});
        return file;
    }

    [[nodiscard]] PsqlQuery query(int major) const {
        PsqlQuery query;
        query.server_major = major;
        query.versioned_root = directory_.path() / "pg";
        query.path = (directory_.path() / "a").native() + ":" + (directory_.path() / "b").native();
        return query;
    }

  private:
    sys::TempDir directory_;
};

TEST_F(FindPsql, TakesTheServersMajorVersion) {
    add("pg/15/bin/psql");
    const fs::path wanted = add("pg/16/bin/psql");
    add("pg/17/bin/psql");

    EXPECT_EQ(find_psql(query(16)), wanted);
}

TEST_F(FindPsql, TakesANewerOneBeforeAnOlderOne) {
    const fs::path old = add("pg/13/bin/psql");
    const fs::path newer = add("pg/17/bin/psql");

    EXPECT_EQ(find_psql(query(15)), newer);
    EXPECT_EQ(find_psql(query(18)), newer);
    EXPECT_EQ(find_psql(query(12)), old);
}

TEST_F(FindPsql, TheSettingComesFirst) {
    add("pg/15/bin/psql");
    const fs::path wanted = add("own/psql");
    PsqlQuery asked = query(15);
    asked.directory = wanted.parent_path();

    EXPECT_EQ(find_psql(asked), wanted);
}

TEST_F(FindPsql, TakesAScriptInPathOnlyWhenThereIsNothingElse) {
    const fs::path wrapper = add("a/psql", "#!/usr/bin/perl\n");

    EXPECT_EQ(find_psql(query(15)), wrapper);

    const fs::path real = add("b/psql");
    EXPECT_EQ(find_psql(query(15)), real);
}

TEST_F(FindPsql, NamesThePackageWhenThereIsNone) {
    try {
        (void)find_psql(query(15));
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(exit_code(error), 4);
        EXPECT_NE(error.hint().find("postgresql-client-15"), std::string::npos);
    }
}

TEST(CheckPsql, MapsItsExitCodesToOurs) {
    const std::pair<sys::ExitStatus, int> cases[] = {
        {{.code = 1, .signal = 0}, 8},
        {{.code = 2, .signal = 0}, 7},
        {{.code = 3, .signal = 0}, 9},
        {{.code = 0, .signal = SIGKILL}, 8},
        {{.code = 0, .signal = SIGINT}, 130},
        {{.code = 0, .signal = SIGTERM}, 143},
    };
    EXPECT_NO_THROW(check_psql({}, false));
    for (const auto& [status, code] : cases) {
        try {
            check_psql(status, false);
            ADD_FAILURE();
        } catch (const Error& error) {
            EXPECT_EQ(exit_code(error), code) << error.message();
        }
    }
}

TEST(CheckPsql, TakesItsOneForAFailedStatementWithMinusC) {
    try {
        check_psql({.code = 1, .signal = 0}, true);
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_EQ(exit_code(error), 9);
        EXPECT_STREQ(error.what(), "psql ended with exit code 1: a statement failed");
    }
}

TEST(HasCommandOption, KnowsPsqlsSpellings) {
    using Words = std::vector<std::string>;
    for (const Words& words : {Words{"-c", "select 1"},
                               Words{"-XAtqc", "select 1"},
                               Words{"-cselect 1"},
                               Words{"-v", "x=1", "--command", "select 1"},
                               Words{"--command=select 1"}}) {
        EXPECT_TRUE(has_command_option(words)) << words.front();
    }
    for (const Words& words : {Words{},
                               Words{"-f", "-c"},
                               Words{"-fcode.sql"},
                               Words{"-vc=1"},
                               Words{"--csv"},
                               Words{"--", "-c"}}) {
        EXPECT_FALSE(has_command_option(words)) << words.size();
    }
}

}  // namespace
}  // namespace poststack::workflow
