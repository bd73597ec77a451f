// ${NAME} in migration files: what runs, what is recorded, what is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "migrate/status.h"
#include "migrate/variables.h"
#include "migrate_fixture.h"
#include "sys/hash.h"

namespace poststack::migrate {
namespace {

using test::MigrationProject;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class MigrateVariables : public testing::Test {
  protected:
    ApplyOptions with(std::initializer_list<std::pair<const char*, const char*>> values) {
        auto variables = std::make_shared<Variables>();
        for (const auto& [name, value] : values)
            variables->set(name, Secret(value), "--var");
        ApplyOptions options;
        options.run.variables = std::move(variables);
        options.run.on_progress = [this](const ProgressEvent& event) {
            said_ += event.text + "\n";
        };
        return options;
    }

    MigrationProject project_;
    std::string said_;
};

TEST_F(MigrateVariables, AreReplacedInMigrationAndRollback) {
    const std::string sql =
        "-- poststack: variables TABLE NOTE\n"
        "CREATE TABLE ${\"TABLE\"} (note text DEFAULT ${'NOTE'});\n"
        "COMMENT ON TABLE ${\"TABLE\"} IS '${NOTE}';\n"
        "COPY ${\"TABLE\"} FROM stdin;\n${NOTE}\n\\.\n";
    project_.write("001_a.sql", sql);
    project_.write("001_a.rollback.sql",
                   "-- poststack: variables TABLE\nDROP TABLE ${\"TABLE\"};\n");
    const ApplyOptions options = with({{"TABLE", "My Table"}, {"NOTE", "it's"}});

    const ApplyResult result = project_.apply(options);

    EXPECT_EQ(project_.ask("SELECT note FROM \"My Table\""), "${NOTE}");
    project_.ask("INSERT INTO \"My Table\" DEFAULT VALUES");
    EXPECT_EQ(project_.ask("SELECT count(*) FROM \"My Table\" WHERE note = 'it''s'"), "1");
    EXPECT_THAT(result.warnings, Contains(HasSubstr("001_a.sql:3:33: ${NOTE} inside of quotes")));
    EXPECT_EQ(project_.ask("SELECT checksum FROM poststack.schema_migrations"), sys::sha256(sql));
    EXPECT_EQ(project_.ask("SELECT rollback_sql FROM poststack.schema_migrations"),
              "-- poststack: variables TABLE\nDROP TABLE ${\"TABLE\"};\n");

    RollbackOptions back;
    back.run = options.run;
    EXPECT_THAT(project_.rollback(back).steps, SizeIs(1));
    EXPECT_FALSE(project_.has_table("\"My Table\""));
}

TEST_F(MigrateVariables, LeaveAFileThatAsksForNoneAlone) {
    project_.write("001_a.sql",
                   "CREATE TABLE a (b text DEFAULT '${X}');\n"
                   "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT '${X}' $$;\n");

    EXPECT_THAT(project_.apply(with({{"X", "y"}})).warnings, IsEmpty());
    EXPECT_EQ(project_.ask("SELECT f()"), "${X}");
}

TEST_F(MigrateVariables, WithoutAValueStopBeforeAnythingRuns) {
    project_.write_table(1);
    project_.write("002_b.sql", "-- poststack: variables A\nSELECT 1;\nSELECT  ${'A'};\n");

    const auto error = project_.apply_error();

    EXPECT_EQ(error->kind(), ErrorKind::config);
    EXPECT_THAT(error->message(), HasSubstr("002_b.sql:3:9: variable \"A\" has no value"));
    EXPECT_THAT(error->hint(), HasSubstr("--var A=VALUE"));
    EXPECT_FALSE(project_.has_table("t1"));
    ApplyOptions plan;
    plan.dry_run = true;
    EXPECT_THAT(project_.apply_error(plan)->message(), HasSubstr("002_b.sql:3:9"));
    project_.write("002_b.sql", "SELECT 1;\n");
    project_.write("002_b.rollback.sql", "-- poststack: variables A\nSELECT ${'A'};\n");
    EXPECT_THAT(project_.apply_error()->message(), HasSubstr("002_b.rollback.sql:2:8"));
}

TEST_F(MigrateVariables, KeepErrorsInTheFileThatWasWritten) {
    project_.write("001_a.sql",
                   "-- poststack: variables LONG\n"
                   "SELECT ${'LONG'},\n  ${'LONG'}, nope;\nSELECT 1;\n");

    EXPECT_THAT(project_.apply_error(with({{"LONG", "line\nline\nh\xc3\xa9"}}))->message(),
                HasSubstr("001_a.sql:3:14: column \"nope\" does not exist"));
    project_.write("001_a.sql",
                   "-- poststack: variables LONG\nCREATE TABLE c (a int);\n"
                   "COPY c FROM stdin -- ${LONG}\n;\n1\nx\n\\.\n");
    EXPECT_THAT(project_.apply_error(with({{"LONG", "x"}}))->message(),
                HasSubstr("001_a.sql:6:1: invalid input syntax"));
}

TEST_F(MigrateVariables, ThatAreSecretAreNotShownOrRecorded) {
    const std::string role = "r" + project_.target().database;
    const ApplyOptions options = with({{"DB_PASSWORD", "hunter2'x"}, {"ROLE", role.c_str()}});
    project_.write("001_a.sql",
                   "-- poststack: variables DB_PASSWORD ROLE\n"
                   "CREATE ROLE ${\"ROLE\"} LOGIN PASSWORD ${'DB_PASSWORD'};\n"
                   "DROP ROLE ${\"ROLE\"};\n"
                   "SELECT 1 FROM ${\"DB_PASSWORD\"};\n");

    const auto error = project_.apply_error(options);

    EXPECT_THAT(error->message(),
                HasSubstr("001_a.sql:4:15: relation \"${DB_PASSWORD}\" does not exist"));
    project_.write("001_a.sql",
                   "-- poststack: variables DB_PASSWORD\n-- poststack: no-transaction\n"
                   "CREATE TABLE p (v text);\nINSERT INTO p VALUES (${'DB_PASSWORD'});\n"
                   "CREATE UNIQUE INDEX CONCURRENTLY i ON p (v) WHERE v = ${'DB_PASSWORD'};\n"
                   "INSERT INTO p VALUES (${'DB_PASSWORD'});\n");
    const auto twice = project_.apply_error(options);
    EXPECT_EQ(twice->sqlstate(), "23505");
    EXPECT_THAT(twice->message() + twice->detail(), Not(HasSubstr("hunter2")));
    EXPECT_THAT(twice->detail(), HasSubstr("${DB_PASSWORD}"));
    EXPECT_THAT(said_, Not(HasSubstr("hunter2")));
    EXPECT_THAT(project_.ask("SELECT string_agg(p::text, '') FROM poststack.migration_progress p"),
                Not(HasSubstr("hunter2")));
    EXPECT_EQ(project_.ask("SELECT statements_done FROM poststack.migration_progress"), "3");
}

TEST_F(MigrateVariables, AreThereWhenANoTransactionFileGoesOn) {
    const std::string head = "-- poststack: variables T I S\n-- poststack: no-transaction\n";
    project_.write("001_a.sql",
                   head +
                       "SET search_path = ${\"S\"}, public;\nCREATE TABLE ${\"T\"} (a int);\n"
                       "CREATE INDEX CONCURRENTLY ${\"I\"} ON ${\"T\"} (a);\nSELECT nope;\n");
    const ApplyOptions options = with({{"T", "t1"}, {"I", "i1"}, {"S", "nowhere"}});
    EXPECT_THAT(project_.apply_error(options)->message(), HasSubstr("001_a.sql:6:8"));
    project_.write("001_a.sql",
                   head +
                       "SET search_path = ${\"S\"}, public;\nCREATE TABLE ${\"T\"} (a int);\n"
                       "CREATE INDEX CONCURRENTLY ${\"I\"} ON ${\"T\"} (a);\n"
                       "INSERT INTO ${\"T\"} VALUES (1);\n");

    EXPECT_THAT(project_.apply(options).steps, SizeIs(1));
    EXPECT_EQ(project_.ask("SELECT a FROM t1"), "1");
    EXPECT_TRUE(project_.has_table("i1"));
}

TEST_F(MigrateVariables, MayHoldTheStatementsWordsButNotTwoStatements) {
    project_.write("001_a.sql", "-- poststack: variables ALL\n${ALL}\n;SELECT 1;\n");

    EXPECT_THAT(project_.apply_error(with({{"ALL", "SELECT 1; DROP TABLE x"}}))->message(),
                HasSubstr("001_a.sql:2:1: with the values of its variables this is no longer"));
    EXPECT_THAT(project_.apply_error(with({{"ALL", "VACUUM"}}))->message(),
                HasSubstr("001_a.sql:2:1: VACUUM cannot run inside a transaction"));
    EXPECT_THAT(project_.apply_error(with({{"ALL", "COMMIT"}}))->message(),
                HasSubstr("001_a.sql:2:1: COMMIT would end the transaction"));
    EXPECT_THAT(project_.apply(with({{"ALL", "CREATE TABLE ok ()"}})).steps, SizeIs(1));
    EXPECT_TRUE(project_.has_table("ok"));
}

}  // namespace
}  // namespace poststack::migrate
