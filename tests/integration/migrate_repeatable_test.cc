// Repeatable files and hooks: when they run, in which transaction, what is recorded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "migrate/status.h"
#include "migrate_fixture.h"

namespace poststack::migrate {
namespace {

using test::MigrationProject;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Repeatable : public testing::Test {
  protected:
    std::vector<std::string> run(const ApplyOptions& options = {}) {
        std::vector<std::string> files;
        for (const MigrationStep& step : project_.apply(options).steps)
            files.push_back(step.file_name);
        return files;
    }

    StatusReport report() {
        pg::Connection connection(project_.target());
        return status(connection, project_.folder());
    }

    FileState state_of(const std::string& name) {
        for (const FileStatus& file : report().repeatables) {
            if (file.name == name) return file.state;
        }
        ADD_FAILURE() << "no repeatable " << name;
        return FileState::pending;
    }

    MigrationProject project_;
};

TEST_F(Repeatable, RunsBehindTheVersionedOnesByNameAndAgainWhenChanged) {
    project_.write_table(1);
    project_.write("R__b.sql", "-- Description: all of t1\nCREATE OR REPLACE VIEW b AS TABLE a;\n");
    project_.write("R__a.sql", "CREATE OR REPLACE VIEW a AS SELECT id FROM t1;\n");

    EXPECT_THAT(run(), ElementsAre("001_t1.sql", "R__a.sql", "R__b.sql"));
    EXPECT_THAT(run(), IsEmpty());
    EXPECT_EQ(project_.ask("SELECT description FROM poststack.repeatable_migrations "
                           "WHERE name = 'b' AND runs = 1 AND backend_pid > 0"),
              "all of t1");
    EXPECT_EQ(state_of("a"), FileState::applied);
    EXPECT_TRUE(report().is_current());

    project_.write("R__b.sql", "CREATE OR REPLACE VIEW b AS SELECT id FROM a;\n");
    EXPECT_EQ(state_of("b"), FileState::pending);
    EXPECT_FALSE(report().is_current());
    EXPECT_TRUE(report().is_sound());
    ApplyOptions plan;
    plan.dry_run = true;
    EXPECT_THAT(run(plan), ElementsAre("R__b.sql"));
    EXPECT_THAT(run(), ElementsAre("R__b.sql"));
    EXPECT_EQ(project_.ask("SELECT runs FROM poststack.repeatable_migrations WHERE name = 'b'"),
              "2");
}

TEST_F(Repeatable, DoesNotRunForACosmeticChange) {
    project_.write("R__a.sql", "CREATE OR REPLACE VIEW a AS SELECT 1 x;\n");
    static_cast<void>(run());

    project_.write("R__a.sql", "-- better\r\ncreate or replace view a AS SELECT 1 x;\r\n");

    EXPECT_THAT(run(), IsEmpty());
    EXPECT_EQ(state_of("a"), FileState::reformatted);
    EXPECT_TRUE(report().is_current());
}

TEST_F(Repeatable, WaitsWhileATargetLeavesVersionedFilesBehind) {
    project_.write_table(1);
    project_.write_table(2);
    project_.write("R__v.sql", "CREATE OR REPLACE VIEW v AS TABLE t2;\n");
    ApplyOptions options;
    options.target = "001";

    EXPECT_THAT(run(options), ElementsAre("001_t1.sql"));
    options.target = "002";
    EXPECT_THAT(run(options), ElementsAre("002_t2.sql", "R__v.sql"));
}

TEST_F(Repeatable, IsRolledBackWithItsRowWhenItFails) {
    project_.write_table(1);
    project_.write("R__a.sql", "CREATE TABLE half ();\nSELECT nope;\n");

    const auto error = project_.apply_error();

    EXPECT_THAT(error->message(), HasSubstr("R__a.sql:2:8: column \"nope\""));
    EXPECT_THAT(error->context(),
                ElementsAre("applying \"R__a.sql\" (2 of 2): it is not applied; applied by this "
                            "run: 001_t1.sql"));
    EXPECT_FALSE(project_.has_table("half"));
    EXPECT_EQ(project_.ask("SELECT count(*) FROM poststack.repeatable_migrations"), "0");
    EXPECT_EQ(project_.applied(), "1");
}

TEST_F(Repeatable, IsShownWhenItsFileIsGone) {
    project_.write("R__a.sql", "CREATE OR REPLACE VIEW a AS SELECT 1 x;\n");
    static_cast<void>(run());
    project_.remove("R__a.sql");

    EXPECT_THAT(run(), IsEmpty());
    EXPECT_EQ(state_of("a"), FileState::missing);
    EXPECT_TRUE(report().is_sound());
}

TEST_F(Repeatable, RefusesWhatMakesNoSenseInIt) {
    project_.write("R__a.sql", "-- poststack: no-transaction\nSELECT 1;\n");
    EXPECT_THAT(project_.apply_error()->message(),
                HasSubstr("R__a.sql\": a repeatable file takes no \"no-transaction\""));
    project_.write("R__a.sql", "-- poststack: baseline\nSELECT 1;\n");
    EXPECT_THAT(project_.apply_error()->message(), HasSubstr("takes no \"baseline\""));
    project_.write("R__a.sql", "SELECT 1;\n");
    project_.write("R__a.rollback.sql", "SELECT 1;\n");
    project_.write("R__.sql", "SELECT 1;\n");
    EXPECT_THAT(project_.apply().warnings,
                ElementsAre("\"R__.sql\" is ignored: its name is not R__name.sql",
                            "\"R__a.rollback.sql\" is ignored: a repeatable file is undone by "
                            "running an older text of it"));
}

TEST_F(Repeatable, UpgradesALedgerOfLayoutThree) {
    project_.write_table(1);
    static_cast<void>(run());
    project_.ask(
        "UPDATE poststack.system_info SET value = '3' WHERE key = 'ledger_layout';"
        "DROP TABLE poststack.repeatable_migrations");
    project_.write("R__a.sql", "CREATE OR REPLACE VIEW a AS SELECT 1 x;\n");

    EXPECT_EQ(state_of("a"), FileState::pending);
    EXPECT_THAT(run(), ElementsAre("R__a.sql"));
    EXPECT_THAT(run(), IsEmpty());
}

class MigrateHooks : public Repeatable {
  protected:
    void write_hook(const std::string& name, const std::string& text) {
        sys::make_directories(project_.folder() / "hooks");
        project_.write("hooks/" + name + ".sql", text);
    }

    /// Each hook adds a row with the file it runs for and its transaction.
    void write_all() {
        for (const char* hook : {"before_migrate", "after_migrate", "before_each", "after_each"}) {
            write_hook(hook,
                       "CREATE TABLE IF NOT EXISTS seen (id serial, hook text, file text, tx "
                       "xid);\nINSERT INTO seen (hook, file, tx) SELECT '" +
                           std::string(hook) +
                           "', current_setting('poststack.file'), "
                           "pg_current_xact_id()::xid;\n");
        }
    }

    std::string seen() {
        return project_.ask(
            "SELECT string_agg(hook || ':' || regexp_replace(file, '\\..*', ''), ' ' ORDER BY id) "
            "FROM seen");
    }
};

TEST_F(MigrateHooks, RunAroundTheRunAndInEachFilesTransaction) {
    write_all();
    project_.write_table(1);
    project_.write("R__v.sql", "CREATE OR REPLACE VIEW v AS TABLE t1;\n");

    const ApplyResult result = project_.apply();

    EXPECT_THAT(result.steps, SizeIs(2));
    EXPECT_EQ(seen(),
              "before_migrate:hooks/before_migrate before_each:001_t1 after_each:001_t1 "
              "before_each:R__v after_each:R__v after_migrate:hooks/after_migrate");
    EXPECT_EQ(project_.ask("SELECT count(DISTINCT tx::text) FROM seen"), "4");
    EXPECT_EQ(project_.ask("SELECT t1.xmin::text = tx::text FROM seen, pg_class t1 "
                           "WHERE t1.relname = 't1' AND file = '001_t1.sql' LIMIT 1"),
              "t");
    EXPECT_THAT(result.hooks, ElementsAre("hooks/before_migrate.sql", "hooks/after_migrate.sql"));
    EXPECT_THAT(run(), IsEmpty());
    EXPECT_EQ(project_.ask("SELECT count(*) FROM seen"), "6");
}

TEST_F(MigrateHooks, ThatFailStopTheRun) {
    project_.write_table(1);
    write_hook("before_migrate", "SELECT\n nope;\n");
    const auto before = project_.apply_error();
    EXPECT_THAT(before->message(), HasSubstr("hooks/before_migrate.sql:2:2: column \"nope\""));
    EXPECT_THAT(before->context(), Contains(HasSubstr("nothing is applied")));
    EXPECT_FALSE(project_.has_table("t1"));

    write_hook("before_migrate", "SELECT 1;\n");
    write_hook("after_each", "SELECT nope;\n");
    EXPECT_THAT(project_.apply_error()->message(), HasSubstr("hooks/after_each.sql:1:8"));
    EXPECT_FALSE(project_.has_table("t1"));

    write_hook("after_each", "SELECT 1;\n");
    write_hook("after_migrate", "SELECT nope;\n");
    const auto after = project_.apply_error();
    EXPECT_THAT(after->message(), HasSubstr("hooks/after_migrate.sql:1:8"));
    EXPECT_THAT(after->context(), Contains(HasSubstr("applied by this run: 001_t1.sql")));
    EXPECT_EQ(project_.applied(), "1");
}

TEST_F(MigrateHooks, SetTheScene) {
    write_hook("before_each", "-- poststack: variables S\nSET LOCAL search_path = ${\"S\"};\n");
    project_.ask("CREATE SCHEMA app");
    project_.write_table(1);
    auto variables = std::make_shared<Variables>();
    variables->set("S", Secret("app"), "--var");
    ApplyOptions options;
    options.run.variables = variables;

    EXPECT_THAT(project_.apply(options).steps, SizeIs(1));
    EXPECT_TRUE(project_.has_table("app.t1"));
    EXPECT_EQ(project_.applied(), "1");
}

TEST_F(MigrateHooks, RunAroundANoTransactionFile) {
    write_all();
    project_.write_table(1);
    project_.write("002_i.sql",
                   "-- poststack: no-transaction\nCREATE INDEX CONCURRENTLY i ON t1 (id);\n"
                   "SELECT count(*) / 0 FROM t1;\n");
    EXPECT_THAT(project_.apply_error()->message(), HasSubstr("002_i.sql:3:1: division by zero"));
    project_.write("002_i.sql",
                   "-- poststack: no-transaction\nCREATE INDEX CONCURRENTLY i ON t1 (id);\n"
                   "SELECT count(*) FROM t1;\n");

    EXPECT_THAT(run(), ElementsAre("002_i.sql"));
    EXPECT_EQ(project_.ask("SELECT string_agg(hook, ' ' ORDER BY id) FROM seen WHERE file = "
                           "'002_i.sql'"),
              "before_each before_each after_each");
}

TEST_F(MigrateHooks, OfOtherNamesAreNamed) {
    write_hook("beforeMigrate", "SELECT 1;\n");
    project_.write_table(1);

    EXPECT_THAT(project_.apply().warnings,
                ElementsAre(HasSubstr("\"hooks/beforeMigrate.sql\" is ignored: hooks are")));
    write_hook("before_migrate", "VACUUM;\n");
    project_.write_table(2);
    EXPECT_THAT(project_.apply_error()->message(),
                HasSubstr("hooks/before_migrate.sql:1:1: VACUUM cannot run inside"));
    write_hook("before_migrate", "-- poststack: no-transaction\nVACUUM;\n");
    EXPECT_THAT(project_.apply_error()->message(), HasSubstr("a hook takes no other line"));
}

}  // namespace
}  // namespace poststack::migrate
