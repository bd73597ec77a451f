// psql is the judge: each hard file run by psql and by poststack gives the same database.
#include <gtest/gtest.h>

#include "catalog/diff.h"
#include "catalog/reader.h"
#include "migrate_fixture.h"
#include "migrate_hard_cases.h"
#include "sys/process.h"

namespace poststack::migrate {
namespace {

using test::HardCase;

/// The rows of every table outside of poststack's schema, as text.
const char* const all_rows =
    "SELECT coalesce(string_agg(format('%I.%I ', schemaname, tablename) || query_to_xml(format("
    "'SELECT string_agg(t::text, chr(10) ORDER BY t::text) AS r FROM %I.%I t', schemaname, "
    "tablename), false, true, '')::text, chr(10) ORDER BY schemaname, tablename), '') "
    "FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'poststack')";

/// A database's schema and rows.
struct Contents {
    catalog::Fingerprint schema;
    std::string rows;
};

Contents read_contents(const pg::ConnInfo& login) {
    pg::Connection connection(login);
    return {catalog::read_fingerprint(connection),
            std::string(connection.script(all_rows).value(0, 0))};
}

/// Both databases are used by every case: making one takes longer than a case.
class HardFiles : public testing::TestWithParam<HardCase> {
  protected:
    static void SetUpTestSuite() {
        psql_login = test::shared_server().fresh_database();
        own_login = test::shared_server().fresh_database();
    }

    void SetUp() override {
        for (const pg::ConnInfo* login : {&psql_login, &own_login}) {
            pg::Connection connection(*login);
            connection.script(
                "DROP SCHEMA IF EXISTS poststack CASCADE; DROP SCHEMA public CASCADE; "
                "CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO public");
        }
        sys::replace_file(file(), GetParam().text);
    }

    [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "001_hard.sql"; }

    void run_psql() const {
        sys::ProcessPlan plan;
        plan.argv = {(test::shared_server().bin() / "psql").string(),
                     "-XqAt",
                     "-v",
                     "ON_ERROR_STOP=1",
                     "-h",
                     psql_login.host,
                     "-p",
                     std::to_string(psql_login.port),
                     "-U",
                     psql_login.user,
                     "-d",
                     psql_login.database,
                     "-f",
                     file().string()};
        const sys::ToolResult result = sys::run_tool(plan, std::chrono::seconds(120));
        ASSERT_TRUE(result.status.ok()) << result.errors;
    }

    static inline pg::ConnInfo psql_login;
    static inline pg::ConnInfo own_login;
    sys::TempDir folder_;
};

TEST_P(HardFiles, GiveWhatPsqlGives) {
    run_psql();

    const ApplyResult result = apply(own_login, folder_.path());

    EXPECT_EQ(result.steps.size(), 1U);
    const Contents wanted = read_contents(psql_login);
    const Contents found = read_contents(own_login);
    EXPECT_EQ(catalog::to_text(catalog::diff(wanted.schema, found.schema)), "");
    EXPECT_EQ(found.rows, wanted.rows);
}

/// psql 15 takes each of these names for another BEGIN or END, and the data for commands.
TEST(HardFile, TakesBeginAndEndForNames) {
    test::MigrationProject project;
    project.write(
        "001_begin.sql",
        "CREATE TABLE begin (n int);\nCREATE TABLE shift (begin date, \"end\" date);\n"
        "CREATE FUNCTION begin() RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT begin(); END;\n"
        "CREATE FUNCTION g() RETURNS bigint LANGUAGE sql BEGIN ATOMIC\n"
        "  SELECT count(*) AS end FROM begin; END;\n"
        "CREATE FUNCTION h() RETURNS SETOF date LANGUAGE sql BEGIN ATOMIC\n"
        "  SELECT s.begin FROM shift s;\n"
        "  SELECT CASE WHEN s.begin > s.end THEN s.begin END AS begin FROM shift s; END;\n"
        "COPY begin (n) FROM stdin;\n42\n\\.\nINSERT INTO begin SELECT f() + g();\n");

    EXPECT_EQ(project.apply().steps.at(0).statements, 8U);
    EXPECT_EQ(project.ask("SELECT string_agg(n::text, ',' ORDER BY n) FROM begin"), "2,42");
}

std::string test_name(const testing::TestParamInfo<HardCase>& info) {
    std::string name;
    for (const char c : info.param.name)
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
    return name;
}

INSTANTIATE_TEST_SUITE_P(Table, HardFiles, testing::ValuesIn(test::hard_cases()), test_name);
INSTANTIATE_TEST_SUITE_P(Further,
                         HardFiles,
                         testing::ValuesIn(test::further_hard_cases()),
                         test_name);

}  // namespace
}  // namespace poststack::migrate
