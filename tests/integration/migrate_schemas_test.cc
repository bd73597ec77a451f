// A ledger for each schema: what is apart, what happens when one of several fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "caught.h"
#include "migrate/lock.h"
#include "migrate/schemas.h"
#include "migrate/status.h"
#include "migrate_fixture.h"

namespace poststack::migrate {
namespace {

using test::MigrationProject;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class MigrateSchemas : public testing::Test {
  protected:
    static ApplyOptions in(const std::string& schema) {
        ApplyOptions options;
        options.run.schema = schema;
        return options;
    }

    std::vector<std::string> run(const std::string& schema) {
        std::vector<std::string> files;
        for (const MigrationStep& step : project_.apply(in(schema)).steps)
            files.push_back(step.file_name);
        return files;
    }

    MigrationProject project_;
};

TEST_F(MigrateSchemas, HaveTablesAndLedgersOfTheirOwn) {
    project_.write_table(1);
    project_.write("R__v.sql", "CREATE OR REPLACE VIEW v AS TABLE t1;\n");
    project_.ask("CREATE TABLE public.t1 (id int)");

    EXPECT_THAT(run("acme"), ElementsAre("001_t1.sql", "R__v.sql"));
    EXPECT_THAT(run("we\"ird {na}me"), SizeIs(2));
    EXPECT_THAT(run("acme"), IsEmpty());

    EXPECT_TRUE(project_.has_table("acme.t1"));
    EXPECT_TRUE(project_.has_table("acme.v"));
    EXPECT_TRUE(project_.has_table("\"we\"\"ird {na}me\".t1"));
    EXPECT_EQ(project_.ask("SELECT version FROM acme.poststack_schema_migrations"), "1");
    EXPECT_EQ(project_.ask("SELECT runs FROM acme.poststack_repeatable_migrations"), "1");
    EXPECT_FALSE(project_.has_table("poststack.schema_migrations"));
    EXPECT_FALSE(project_.has_table("acme.poststack_services"));
    project_.ask("DROP SCHEMA acme CASCADE");
    EXPECT_THAT(run("acme"), SizeIs(2));
}

TEST_F(MigrateSchemas, ComeFirstInTheSearchPathWithPublicBehind) {
    project_.ask("CREATE FUNCTION public.helper() RETURNS int LANGUAGE sql AS 'SELECT 7'");
    project_.write("001_a.sql",
                   "SET search_path = pg_catalog;\nRESET search_path;\n"
                   "CREATE TABLE a AS SELECT helper() n, current_schema() s;\n");
    project_.write("002_b.sql",
                   "-- poststack: variables SCHEMA\n-- poststack: no-transaction\n"
                   "CREATE TABLE b AS SELECT ${'SCHEMA'} s;\n"
                   "CREATE INDEX CONCURRENTLY b_s ON ${\"SCHEMA\"}.b (s);\n");

    EXPECT_THAT(run("acme"), SizeIs(2));
    EXPECT_EQ(project_.ask("SELECT n || s FROM acme.a"), "7acme");
    EXPECT_EQ(project_.ask("SELECT s FROM acme.b"), "acme");
    EXPECT_TRUE(project_.has_table("acme.b_s"));
}

TEST_F(MigrateSchemas, AreUndoneAndShownAlone) {
    project_.write_table(1);
    project_.write_table(2);
    static_cast<void>(run("one"));
    static_cast<void>(run("two"));
    RollbackOptions back;
    back.run.schema = "one";

    EXPECT_THAT(project_.rollback(back).steps, SizeIs(1));

    pg::Connection connection(project_.target());
    const auto pending = [&](const std::string& schema) {
        return status(connection, project_.folder(), {}, LedgerPlace(schema))
            .count(FileState::pending);
    };
    EXPECT_EQ(pending("one"), 1U);
    EXPECT_EQ(pending("two"), 0U);
    EXPECT_EQ(pending("none"), 2U);
    EXPECT_EQ(pending(""), 2U);
    EXPECT_FALSE(project_.has_table("one.t2"));
    EXPECT_TRUE(project_.has_table("two.t2"));
}

TEST_F(MigrateSchemas, GoOnBehindOneThatFails) {
    project_.write_table(1);
    project_.ask("CREATE SCHEMA b; CREATE TABLE b.t1 ()");

    const auto turns = in_each_schema(
        {"a", "b", "c"}, [&](const std::string& schema) { static_cast<void>(run(schema)); });

    const Error error = test::caught([&] { refuse_failed_turns(turns, "migrated"); });
    EXPECT_EQ(error.sqlstate(), "42P07");
    EXPECT_EQ(error.context().back(), "working in schema \"b\": migrated: a, c; failed: b");
    EXPECT_TRUE(project_.has_table("c.t1"));
    project_.ask("DROP TABLE b.t1");
    refuse_failed_turns(
        in_each_schema({"a", "b", "c"},
                       [&](const std::string& schema) { static_cast<void>(run(schema)); }),
        "migrated");
    EXPECT_TRUE(project_.has_table("b.t1"));
}

TEST_F(MigrateSchemas, StopAtWhatConcernsAll) {
    project_.write("001_a.sql", "VACUUM;\n");

    const auto turns = in_each_schema(
        {"a", "b"}, [&](const std::string& schema) { static_cast<void>(run(schema)); });

    const Error error = test::caught([&] { refuse_failed_turns(turns, "migrated"); });
    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_EQ(error.context().back(),
              "working in schema \"a\": migrated: none; failed: a; not reached: b");
}

TEST_F(MigrateSchemas, LockEachByItself) {
    project_.write_table(1);
    LockOptions other;
    other.place = LedgerPlace("busy");
    const MigrationLock held(project_.target(), other);
    ApplyOptions options = in("busy");
    options.run.wait_limit = std::chrono::milliseconds(0);

    EXPECT_THAT(project_.apply_error(options)->message(),
                HasSubstr("another migration run holds the lock"));
    EXPECT_THAT(run("free"), SizeIs(1));
    EXPECT_THAT(run(""), SizeIs(1));
}

TEST_F(MigrateSchemas, OfTheServerAreRefused) {
    for (const char* schema : {"poststack", "pg_catalog", "information_schema"}) {
        EXPECT_THAT(project_.apply_error(in(schema))->message(),
                    HasSubstr("it belongs to the server or to poststack"));
    }
}

}  // namespace
}  // namespace poststack::migrate
