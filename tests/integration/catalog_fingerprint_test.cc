// For every kind of object: a change makes the fingerprint differ in exactly that, undoing it makes
// it equal again.
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "catalog/diff.h"
#include "catalog/reader.h"
#include "catalog/tracker.h"
#include "catalog_cases.h"
#include "pg/connection.h"
#include "require_tool.h"
#include "server.h"
#include "sys/process.h"

namespace poststack::catalog {

void PrintTo(const Case& test, std::ostream* out) {  // NOLINT(readability-identifier-naming)
    *out << test.change;
}

namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

/// The lines that name objects, without their attributes.
std::string headlines(const Diff& diff) {
    const std::string text = to_text(diff);
    std::vector<std::string> kept;
    for (const std::string_view line : split(text, '\n')) {
        if (!line.empty() && !line.starts_with(' ')) kept.emplace_back(line);
    }
    return join(kept, "; ");
}

/// One database and session for all cases: each runs in a transaction that is rolled back.
struct Shared {
    pg::ConnInfo info;
    pg::Connection connection;
    pg::Connection observer;
    FingerprintReader reader;
    Tracker tracker;

    Shared()
        : info(test::shared_server().fresh_database()),
          connection(info, seconds(30)),
          observer(info, seconds(30)),
          reader(connection),
          tracker(connection, observer) {
        connection.script("CREATE ROLE reader");
        connection.script(std::string(base_schema));
    }
};

Shared& shared() {
    static Shared one;
    return one;
}

class CatalogCase : public ::testing::TestWithParam<Case> {
  protected:
    void TearDown() override {
        if (!IsSkipped()) shared().connection.script("ROLLBACK");
    }
};

TEST_P(CatalogCase, NamesExactlyTheChange) {
    POSTSTACK_REQUIRE_TOOL("postgres");
    const Case& test = GetParam();
    pg::Connection& connection = shared().connection;
    if (connection.server_version() < test.since * 10'000) GTEST_SKIP() << "needs " << test.since;
    Tracker& tracker = shared().tracker;
    tracker.begin();
    const Fingerprint before = shared().reader.read();

    connection.script(test.change);
    const Fingerprint changed = shared().reader.read();
    const Fingerprint tracked = tracker.read_changes(before);
    connection.script(test.revert);
    const Fingerprint after = shared().reader.read();
    const Fingerprint tracked_after = tracker.read_changes(before);

    EXPECT_EQ(headlines(diff(before, changed)), test.expected) << to_text(diff(before, changed));
    EXPECT_EQ(to_text(diff(before, after)), "");
    EXPECT_EQ(before.hash(), after.hash());
    EXPECT_NE(before.hash(), changed.hash());
    EXPECT_EQ(to_text(diff(changed, tracked)), "");
    EXPECT_EQ(to_text(diff(after, tracked_after)), "");
    EXPECT_EQ(changed.hash(), tracked.hash());
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
    return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Relation, CatalogCase, testing::ValuesIn(relation_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Column, CatalogCase, testing::ValuesIn(column_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Part, CatalogCase, testing::ValuesIn(part_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Type, CatalogCase, testing::ValuesIn(type_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Routine, CatalogCase, testing::ValuesIn(routine_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Other, CatalogCase, testing::ValuesIn(other_cases()), name_of);

class CatalogFingerprint : public ::testing::Test {
  protected:
    void SetUp() override { POSTSTACK_REQUIRE_TOOL("postgres"); }

    static pg::Connection connect() {
        return {test::shared_server().fresh_database(), seconds(30)};
    }
};

TEST_F(CatalogFingerprint, TellsColumnOrderApart) {
    pg::Connection session = connect();
    session.script("CREATE TABLE t (a int, b int, c int); CREATE STATISTICS s ON b, c FROM t");
    const Fingerprint before = read_fingerprint(session);

    session.script(
        "ALTER TABLE t DROP b; ALTER TABLE t ADD b int; CREATE STATISTICS s ON b, c FROM t");

    const Diff found = diff(before, read_fingerprint(session));
    EXPECT_TRUE(found.is_column_order_only()) << to_text(found);
    EXPECT_THAT(to_text(found), HasSubstr("a, b, c -> a, c, b"));
}

TEST_F(CatalogFingerprint, DoesNotSeeDroppedColumnsOrOids) {
    pg::Connection one = connect();
    pg::Connection other = connect();
    one.script("CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT b FROM t");
    other.script("CREATE TABLE filler (); DROP TABLE filler");
    other.script("CREATE TABLE t (gone int, a int, b int); ALTER TABLE t DROP gone");
    other.script("CREATE VIEW v AS SELECT b FROM t");

    EXPECT_EQ(to_text(diff(read_fingerprint(one), read_fingerprint(other))), "");
}

TEST_F(CatalogFingerprint, LeavesTheTransactionAndItsSettingsAlone) {
    pg::Connection session = connect();
    session.script("BEGIN; SET LOCAL search_path = pg_temp, public; SET LOCAL jit = on");
    session.script("CREATE TABLE public.t (a int)");

    (void)read_fingerprint(session);

    EXPECT_EQ(session.query("SHOW search_path").value(0, 0), "pg_temp, public");
    EXPECT_EQ(session.query("SHOW jit").value(0, 0), "on");
    EXPECT_EQ(session.transaction_status(), pg::TransactionStatus::in_transaction);
}

TEST_F(CatalogFingerprint, SurvivesDiscardAll) {
    pg::Connection session = connect();
    FingerprintReader reader(session);
    const Fingerprint before = reader.read();

    session.script("DISCARD ALL");
    session.script("BEGIN; CREATE TABLE t (a int)");
    const Fingerprint inside = reader.read();
    session.script("ROLLBACK");

    EXPECT_EQ(headlines(diff(before, inside)), "+ table public.t (with 1 column)");
    EXPECT_TRUE(reader.read() == before);
}

TEST_F(CatalogFingerprint, IgnoresHiddenSchemasTemporaryTablesAndExtensionMembers) {
    pg::Connection session = connect();
    const Fingerprint before = read_fingerprint(session);

    session.script("CREATE SCHEMA poststack; CREATE TABLE poststack.ledger (a serial PRIMARY KEY)");
    session.script("CREATE TEMPORARY TABLE t (a int)");
    session.script("CREATE EXTENSION pg_trgm");

    EXPECT_EQ(headlines(diff(before, read_fingerprint(session))), "+ extension pg_trgm");
}

/// What a transaction changes, read step by step and as a whole.
class CatalogTracker : public ::testing::Test {
  protected:
    void SetUp() override {
        POSTSTACK_REQUIRE_TOOL("postgres");
        info_ = test::shared_server().fresh_database();
        session_.emplace(info_, seconds(30));
        observer_.emplace(info_, seconds(30));
    }

    /// Runs `before`, then each of `steps` in one transaction; both ways to read must agree.
    void follow(const std::string& before, const std::vector<std::string>& steps) {
        session_->script(before);
        Tracker tracker(*session_, *observer_);
        const Fingerprint base = tracker.read();
        tracker.begin();
        for (const std::string& step : steps) {
            session_->script(step);
            const Fingerprint whole = read_fingerprint(*session_);
            const Fingerprint tracked = tracker.read_changes(base);
            EXPECT_EQ(to_text(diff(whole, tracked)), "") << step;
            EXPECT_EQ(whole.hash(), tracked.hash()) << step;
        }
        session_->script("ROLLBACK");
    }

    pg::ConnInfo info_;
    std::optional<pg::Connection> session_;
    std::optional<pg::Connection> observer_;
};

TEST_F(CatalogTracker, SeesWhatMovesOutOfAHiddenSchema) {
    follow(
        "CREATE SCHEMA poststack; CREATE TABLE poststack.t (a int PRIMARY KEY, b int CHECK (b > "
        "0));"
        "CREATE INDEX ON poststack.t (b); CREATE POLICY p ON poststack.t USING (true);"
        "CREATE DOMAIN poststack.d AS int CHECK (VALUE > 0)",
        {"ALTER TABLE poststack.t SET SCHEMA public; ALTER DOMAIN poststack.d SET SCHEMA public",
         "ALTER TABLE public.t SET SCHEMA poststack"});
}

TEST_F(CatalogTracker, FollowsWhatIsDroppedAndMadeAnew) {
    follow(
        "CREATE TABLE t (a serial PRIMARY KEY, b int REFERENCES t); CREATE VIEW v AS SELECT * FROM "
        "t;"
        "CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE e AS ENUM ('x')",
        {"DROP VIEW v; DROP FUNCTION f(t); DROP TABLE t; DROP TYPE e",
         "CREATE TABLE t (a int); CREATE TYPE e AS ENUM ('y'); CREATE VIEW v AS SELECT a FROM t",
         "ALTER TABLE t RENAME a TO z; ALTER TYPE e RENAME TO g; CREATE SCHEMA s",
         "ALTER TABLE t SET SCHEMA s; DROP VIEW v; ALTER TABLE s.t ADD b g[]"});
}

TEST_F(CatalogTracker, CountsWhatSubtransactionsDo) {
    follow("CREATE TABLE t (a int)",
           {"DO $$ BEGIN BEGIN ALTER TABLE t ADD b int; RAISE 'no'; EXCEPTION WHEN OTHERS THEN"
            " CREATE TABLE u (); END; END $$",
            "SAVEPOINT s; DROP TABLE t; ROLLBACK TO s",
            "SAVEPOINT s; COMMENT ON TABLE t IS 'x'; RELEASE s"});
}

TEST_F(CatalogTracker, ReadsEverythingWhereCountsCannotBeTrusted) {
    session_->script("CREATE TABLE t (a int)");
    Tracker tracker(*session_, *observer_);
    const Fingerprint base = tracker.read();
    tracker.begin();
    session_->script("SET track_counts = off; ALTER TABLE t ADD b int");
    EXPECT_EQ(headlines(diff(base, tracker.read_changes(base))), "+ column public.t.b");
    session_->script("SET track_counts = on");
    tracker.distrust_counts();
    EXPECT_EQ(headlines(diff(base, tracker.read_changes(base))), "+ column public.t.b");
    session_->script("ROLLBACK");
}

TEST_F(CatalogFingerprint, HoldsNoSecret) {
    pg::Connection session = connect();
    session.script(
        "CREATE FOREIGN DATA WRAPPER far; CREATE SERVER remote FOREIGN DATA WRAPPER far");
    session.script(
        "CREATE USER MAPPING FOR PUBLIC SERVER remote OPTIONS (\"user\" 'joe', password 'hush')");
    session.script(
        "CREATE SUBSCRIPTION sub CONNECTION 'password=hush' PUBLICATION p WITH (connect = false)");

    const Fingerprint fingerprint = read_fingerprint(session);
    const std::string text = to_text(diff({}, fingerprint));
    std::string all;
    for (const ObjectPtr& object : fingerprint.objects()) {
        for (const auto& [key, value] : object->attributes)
            all += value + "\n";
    }
    session.script("ALTER SUBSCRIPTION sub SET (slot_name = NONE); DROP SUBSCRIPTION sub");

    EXPECT_THAT(text, HasSubstr("subscription sub"));
    EXPECT_THAT(all, HasSubstr("password=(set), user=joe"));
    EXPECT_THAT(all, Not(HasSubstr("hush")));
}

TEST_F(CatalogFingerprint, WorksForARoleWithoutPrivileges) {
    const pg::ConnInfo info = test::shared_server().fresh_role();
    pg::Connection session(info, seconds(30));
    session.script("CREATE SCHEMA mine CREATE TABLE t (a int)");

    EXPECT_THAT(headlines(diff({}, read_fingerprint(session))), HasSubstr("+ schema mine"));
}

/// pg_dump knows the whole catalogue too: what it writes and psql reads back must look the same.
TEST_F(CatalogFingerprint, AgreesWithPgDump) {
    const pg::ConnInfo copy = test::shared_server().fresh_database();
    const auto bin = test::shared_server().bin();
    pg::Connection& original = shared().connection;

    const std::string dump = sys::run_checked(
        {.argv = {bin / "pg_dump", "--schema-only", "--dbname", test::url_of(shared().info)}},
        seconds(120));
    (void)sys::run_checked({.argv = {bin / "psql",
                                     "--no-psqlrc",
                                     "--quiet",
                                     "--set=ON_ERROR_STOP=1",
                                     "--dbname",
                                     test::url_of(copy)}},
                           seconds(120),
                           dump);

    pg::Connection restored(copy, seconds(30));
    restored.script("REFRESH MATERIALIZED VIEW app.names");  // without data in a dump of the schema
    EXPECT_EQ(to_text(diff(read_fingerprint(original), read_fingerprint(restored))), "");
}

}  // namespace
}  // namespace poststack::catalog
