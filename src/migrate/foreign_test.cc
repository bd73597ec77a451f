// Other tools' files, cut and listed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "migrate/adopt_candidate.h"
#include "migrate/foreign_files.h"
#include "migrate/foreign_text.h"
#include "sys/file.h"

namespace poststack::migrate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ForeignText, CutsDbmateAtItsMarks) {
    const ForeignText text = cut_dbmate(
        "-- a note\n-- migrate:up transaction:false\nCREATE TABLE a ();\n\n"
        "-- migrate:down\nDROP TABLE a;\n");

    EXPECT_EQ(text.up, "CREATE TABLE a ();\n\n");
    EXPECT_EQ(text.down, "DROP TABLE a;\n");
    EXPECT_TRUE(text.no_transaction);
}

TEST(ForeignText, TakesAnEmptyWayBackForNone) {
    EXPECT_EQ(cut_dbmate("-- migrate:up\nSELECT 1;\n-- migrate:down\n\n").down, std::nullopt);
}

TEST(ForeignText, DropsGoosesStatementMarks) {
    const ForeignText text = cut_goose(
        "-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$"
        " LANGUAGE sql;\n-- +goose StatementEnd\n-- +goose Down\nDROP FUNCTION f();\n",
        "1_f.sql");

    EXPECT_EQ(text.up, "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql;\n");
    EXPECT_EQ(text.down, "DROP FUNCTION f();\n");
}

TEST(ForeignText, RefusesWhatGooseWouldFillIn) {
    try {
        (void)cut_goose("-- +goose ENVSUB ON\n-- +goose Up\nSELECT '${X}';\n", "1_x.sql");
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::config);
        EXPECT_THAT(error.message(), HasSubstr("\"1_x.sql\""));
    }
}

TEST(ForeignText, CutsLiquibaseIntoChangesets) {
    const auto found = cut_liquibase(
        "--liquibase formatted sql\n\n--changeset ann:1\nCREATE TABLE a ();\n"
        "--rollback DROP TABLE a;\n--changeset bob:two runInTransaction:false\nVACUUM;\n"
        "--rollback empty\n",
        "changelog.sql");

    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].author, "ann");
    EXPECT_EQ(found[0].text.up, "CREATE TABLE a ();\n");
    EXPECT_EQ(found[0].text.down, "DROP TABLE a;\n");
    EXPECT_EQ(found[1].id, "two");
    EXPECT_TRUE(found[1].text.no_transaction);
    EXPECT_EQ(found[1].text.down, std::nullopt);
}

TEST(ForeignText, RefusesWhatLiquibaseSaysBesideItsSql) {
    const auto cut = [](const std::string& attributes, const std::string& body = "SELECT 1;\n") {
        return cut_liquibase(
            "--liquibase formatted sql\n--changeset ann:1 " + attributes + "\n" + body, "c.sql");
    };
    const auto message = [&](const std::string& attributes, const std::string& body = "") {
        try {
            (void)cut(attributes, body);
        } catch (const Error& error) {
            return error.message();
        }
        return std::string("nothing was thrown");
    };

    EXPECT_EQ(cut("splitStatements:true stripComments:false dbms:postgresql,h2").size(), 1U);
    EXPECT_THAT(message("dbms:mysql"), HasSubstr("changeset ann:1 is for another database"));
    EXPECT_THAT(message("endDelimiter:/"), HasSubstr("a delimiter of its own"));
    EXPECT_THAT(message("", "/* liquibase rollback\nDROP TABLE a;\n*/\n"),
                HasSubstr("a rollback block"));
    EXPECT_THAT(message("", "--preconditions onFail:HALT\n"), HasSubstr("preconditions"));
}

class ForeignFiles : public testing::Test {
  protected:
    void write(const std::string& name, const std::string& text = "SELECT 1;\n") {
        const auto path = folder_.path() / name;
        sys::make_directories(path.parent_path());
        sys::replace_file(path, text, {.mode = 0644});
    }

    [[nodiscard]] std::vector<std::string> keys(Tool tool) const {
        std::vector<std::string> found;
        for (const ForeignFile& file : read_foreign(tool, folder_.path()).files)
            found.push_back(file.key);
        return found;
    }

    /// The names the files will have.
    [[nodiscard]] std::vector<std::string> names(Tool tool) const {
        std::vector<std::string> found;
        for (const auto& one : foreign_candidates(read_foreign(tool, folder_.path())))
            found.push_back(one.file.file_name);
        return found;
    }

    sys::TempDir folder_;
};

TEST_F(ForeignFiles, OrdersFlywayByVersionAndFindsItsUndo) {
    write("V1.10__third.sql");
    write("V1_2__Second thing.sql");
    write("V1__first.sql");
    write("U1__first.sql", "SELECT 2;\n");
    write("R__views.sql", "SELECT '${schema}';\n");

    EXPECT_THAT(keys(Tool::flyway), ElementsAre("1", "1.2", "1.10"));
    EXPECT_THAT(names(Tool::flyway),
                ElementsAre("001_first.sql", "002_Second_thing.sql", "003_third.sql"));
    const ForeignChain chain = read_foreign(Tool::flyway, folder_.path());
    EXPECT_EQ(chain.files[0].text.down, "SELECT 2;\n");
    ASSERT_EQ(chain.repeatables.size(), 1U);
    EXPECT_EQ(chain.repeatables[0].name, "views");
    EXPECT_THAT(chain.warnings,
                ElementsAre(HasSubstr("\"R__views.sql\" holds ${schema}, for which Flyway")));
    EXPECT_EQ(guess_tool(folder_.path()), Tool::flyway);
}

TEST_F(ForeignFiles, KeepsNumbersThatAscend) {
    write("20240101120000_users.up.sql");
    write("20240101120000_users.down.sql", "SELECT 2;\n");
    write("20250101120000_orders.up.sql");

    EXPECT_THAT(names(Tool::golang_migrate),
                ElementsAre("20240101120000_users.sql", "20250101120000_orders.sql"));
    EXPECT_EQ(guess_tool(folder_.path()), Tool::golang_migrate);
}

TEST_F(ForeignFiles, ReadsDieselsDirectories) {
    write("2024-01-01-120000_users/up.sql");
    write("2024-01-01-120000_users/down.sql", "SELECT 2;\n");
    write("2024-01-02-120000_index/up.sql");
    write("2024-01-02-120000_index/metadata.toml", "run_in_transaction = false\n");

    EXPECT_THAT(keys(Tool::diesel), ElementsAre("20240101120000", "20240102120000"));
    EXPECT_THAT(names(Tool::diesel),
                ElementsAre("20240101120000_users.sql", "20240102120000_index.sql"));
    EXPECT_TRUE(read_foreign(Tool::diesel, folder_.path()).files[1].text.no_transaction);
    EXPECT_EQ(guess_tool(folder_.path()), Tool::diesel);
}

TEST_F(ForeignFiles, OrdersDieselsDirectoriesByVersionNotByName) {
    write("20170305095748_first/up.sql");
    write("2017-08-31-230457_second/up.sql");
    write("20171001000000_third/up.sql");

    EXPECT_THAT(keys(Tool::diesel),
                ElementsAre("20170305095748", "20170831230457", "20171001000000"));
}

TEST_F(ForeignFiles, FollowsSqitchsPlan) {
    write("sqitch.plan",
          "%syntax-version=1.0.0\n%project=shop\n\nzeta 2024-01-01T00:00:00Z A <a@b> # first\n"
          "@v1 2024-01-02T00:00:00Z A <a@b> # tag\nalpha [zeta] 2024-01-03T00:00:00Z A <a@b> #\n");
    write("deploy/zeta.sql");
    write("revert/zeta.sql", "SELECT 2;\n");
    write("deploy/alpha.sql");

    EXPECT_THAT(keys(Tool::sqitch), ElementsAre("zeta", "alpha"));
    EXPECT_THAT(names(Tool::sqitch), ElementsAre("001_zeta.sql", "002_alpha.sql"));
}

TEST_F(ForeignFiles, NamesProgramsItCannotTakeOver) {
    write("1700000000000_start.js", "exports.up = () => {}\n");
    write("1700000000001_users.sql", "CREATE TABLE u ();\n-- Down Migration\nDROP TABLE u;\n");

    const ForeignChain chain = read_foreign(Tool::node_pg_migrate, folder_.path());

    EXPECT_THAT(chain.warnings, ElementsAre(HasSubstr("it is a program")));
    ASSERT_EQ(chain.files.size(), 1U);
    EXPECT_EQ(chain.files[0].key, "1700000000001_users");
    EXPECT_EQ(chain.files[0].text.down, "DROP TABLE u;\n");
}

}  // namespace
}  // namespace poststack::migrate
