#include "lint/pair_rules.h"

#include <gtest/gtest.h>

#include "lint/test_lint.h"

namespace poststack::lint {
namespace {

struct Case {
    const char* name;
    const char* rule;  ///< nullptr: no rule about pairs may speak
    const char* up;
    const char* down;  ///< nullptr: there is no rollback
};

// clang-format off
constexpr Case cases[] = {
    {"NoFile", "missing-rollback", "CREATE TABLE t (id bigint PRIMARY KEY);", nullptr},
    {"EmptyFile", "missing-rollback", "CREATE TABLE t (id bigint PRIMARY KEY);", "-- later\n"},
    {"EmptyMigration", "empty-migration", "-- later\n", "SELECT 1;"},
    {"VariableInBoth", nullptr, "-- poststack: variables T\nCREATE TABLE ${\"T\"} (id bigint PRIMARY KEY);",
     "-- poststack: variables T\nDROP TABLE ${T};"},
    {"NoFileButIrreversible", nullptr, "-- poststack: irreversible\nCREATE TABLE t (id bigint PRIMARY KEY);", nullptr},
    {"TableAndIndex", nullptr, "CREATE TABLE t (id bigint PRIMARY KEY, a int); CREATE INDEX i ON t (a);", "DROP TABLE t;"},
    {"TableForgotten", "rollback-misses-object",
     "CREATE TABLE t (id bigint PRIMARY KEY); CREATE TABLE u (id bigint PRIMARY KEY);", "DROP TABLE t;"},
    {"IndexForgotten", "rollback-misses-object", "CREATE INDEX i ON orders (b); ALTER TABLE orders ADD a int;",
     "ALTER TABLE orders DROP COLUMN a;"},
    {"IndexBySchema", nullptr, "CREATE INDEX i ON billing.orders (a);", "DROP INDEX billing.i;"},
    {"FunctionForgotten", "rollback-misses-object",
     "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (id bigint PRIMARY KEY);", "DROP TABLE t;"},
    {"UnnamedConstraint", nullptr, "ALTER TABLE orders ADD FOREIGN KEY (a) REFERENCES t NOT VALID;",
     "ALTER TABLE orders DROP CONSTRAINT orders_a_fkey;"},
    {"MadeAndDroppedInside", nullptr, "CREATE TABLE t (a int); DROP TABLE t; CREATE VIEW v AS SELECT 1;", "DROP VIEW v;"},
    {"ExtensionMayStay", nullptr,
     "CREATE EXTENSION IF NOT EXISTS citext; CREATE TABLE t (id bigint PRIMARY KEY);", "DROP TABLE t;"},
    {"SchemaWithCascade", nullptr, "CREATE SCHEMA s; CREATE TABLE s.t (id bigint PRIMARY KEY);", "DROP SCHEMA s CASCADE;"},
    {"OwnedSequence", nullptr,
     "CREATE SEQUENCE s; CREATE TABLE t (id bigint PRIMARY KEY); ALTER SEQUENCE s OWNED BY t.id;", "DROP TABLE t;"},
    {"IndexGoesWithItsColumn", nullptr, "ALTER TABLE orders ADD a int; CREATE INDEX i ON orders (b) WHERE a > 1;",
     "ALTER TABLE orders DROP COLUMN a;"},
    {"ConstraintGoesWithItsColumn", nullptr, "ALTER TABLE orders ADD a int; ALTER TABLE orders ADD CONSTRAINT c CHECK (a > b);",
     "ALTER TABLE orders DROP COLUMN a;"},
    {"TriggerReplacedBack", nullptr, "CREATE OR REPLACE TRIGGER g AFTER INSERT ON orders EXECUTE FUNCTION f2();",
     "CREATE OR REPLACE TRIGGER g AFTER INSERT ON orders EXECUTE FUNCTION f1();"},
    {"TypeReplacedAndReplacedBack", nullptr,
     "ALTER TYPE m RENAME TO m_old; CREATE TYPE m AS ENUM ('a', 'b'); ALTER TABLE orders ALTER k TYPE m; DROP TYPE m_old;",
     "ALTER TYPE m RENAME TO m_old; CREATE TYPE m AS ENUM ('a'); ALTER TABLE orders ALTER k TYPE m; DROP TYPE m_old;"},
    {"TypeReplacedForGood", "rollback-misses-object",
     "ALTER TYPE m RENAME TO m_old; CREATE TYPE m AS ENUM ('a', 'b'); DROP TYPE m_old; ALTER TABLE orders ADD n int;",
     "ALTER TABLE orders DROP n;"},
    {"ColumnMadeAnew", nullptr, "ALTER TABLE orders ALTER a TYPE bigint;",
     "ALTER TABLE orders ADD a2 int; ALTER TABLE orders DROP a; ALTER TABLE orders RENAME a2 TO a;"},
    {"HelperOfTheRollback", nullptr, "CREATE TABLE t (id bigint PRIMARY KEY);",
     "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'; SELECT f(); DROP FUNCTION f; DROP TABLE t;"},
    {"BoundTablesInOneDrop", nullptr,
     "CREATE TABLE a (id bigint PRIMARY KEY); CREATE TABLE b (id bigint PRIMARY KEY, a_id bigint REFERENCES a);",
     "DROP TABLE a, b;"},
    {"RenameForgotten", "rollback-misses-change", "ALTER TABLE orders RENAME TO sales; CREATE VIEW v AS SELECT 1;", "DROP VIEW v;"},
    {"RenamedBack", nullptr, "ALTER TABLE orders RENAME COLUMN a TO b;", "ALTER TABLE orders RENAME COLUMN b TO a;"},
    {"TypeForgotten", "rollback-misses-change", "ALTER TABLE orders ALTER a TYPE bigint, ADD b int;", "ALTER TABLE orders DROP b;"},
    {"TypeBack", nullptr, "ALTER TABLE orders ALTER a TYPE bigint;", "ALTER TABLE orders ALTER a TYPE int;"},
    {"DropsAnother", "rollback-drops-other", "CREATE TABLE t (id bigint PRIMARY KEY);", "DROP TABLE t; DROP TABLE customers;"},
    {"ReplacesAnother", nullptr, "CREATE OR REPLACE VIEW v AS SELECT 2;", "DROP VIEW v; CREATE VIEW v AS SELECT 1;"},
    {"WrongOrder", "rollback-order",
     "CREATE TABLE a (id bigint PRIMARY KEY); CREATE TABLE b (id bigint PRIMARY KEY, a_id bigint REFERENCES a);",
     "DROP TABLE a; DROP TABLE b;"},
    {"ViewNeedsTable", "rollback-order", "CREATE TABLE t (id bigint PRIMARY KEY); CREATE VIEW v AS SELECT id FROM t;",
     "DROP TABLE t; DROP VIEW v;"},
    {"TypeNeededByTable", "rollback-order", "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (id bigint PRIMARY KEY, m m);",
     "DROP TYPE m; DROP TABLE t;"},
    {"GoneWithItsTable", "rollback-order", "CREATE TABLE t (id bigint PRIMARY KEY, a int); CREATE INDEX i ON t (a);",
     "DROP TABLE t; DROP INDEX i;"},
    {"RightOrder", nullptr,
     "CREATE TABLE a (id bigint PRIMARY KEY); CREATE TABLE b (id bigint PRIMARY KEY, a_id bigint REFERENCES a);",
     "DROP TABLE b; DROP TABLE a;"},
    {"Typo", "if-exists-typo", "CREATE TABLE users (id bigint PRIMARY KEY);", "DROP TABLE IF EXISTS usres; DROP TABLE users;"},
    {"DropsForGood", "irreversible", "DROP TABLE orders; CREATE VIEW v AS SELECT 1;", "DROP VIEW v;"},
    {"EnumValue", "irreversible", "ALTER TYPE mood ADD VALUE 'meh'; CREATE VIEW v AS SELECT 1;", "DROP VIEW v;"},
    {"DropsForGoodAndSaysSo", nullptr, "-- poststack: irreversible\nDROP TABLE orders; CREATE VIEW v AS SELECT 1;", "DROP VIEW v;"},
    {"BringsBackEmpty", "lossy-rollback", "DROP TABLE orders;", "CREATE TABLE orders (id bigint PRIMARY KEY);"},
    {"IndexComesBack", nullptr, "DROP INDEX i;", "CREATE INDEX i ON orders (a);"},
    {"BlockMayDoAnything", nullptr, "CREATE TABLE t (id bigint PRIMARY KEY);", "DO $$ BEGIN EXECUTE 'DROP TABLE t'; END $$;"},
};
// clang-format on

class PairCase : public testing::TestWithParam<Case> {};

TEST_P(PairCase, IsJudged) {
    const Case& pair = GetParam();
    const LintReport report =
        test::lint_texts(pair.up, pair.down == nullptr ? std::nullopt : std::optional(pair.down));
    for (const Rule* rule : pair_rules()) {
        const bool wanted = pair.rule != nullptr && rule->name == pair.rule;
        EXPECT_EQ(test::found(report, rule->name), wanted) << rule->name << '\n'
                                                           << test::to_text(report);
    }
}

INSTANTIATE_TEST_SUITE_P(Pairs, PairCase, testing::ValuesIn(cases), [](const auto& tested) {
    return std::string(tested.param.name);
});

TEST(PairRules, HaveACaseEach) {
    for (const Rule* rule : pair_rules()) {
        EXPECT_TRUE(std::any_of(std::begin(cases), std::end(cases), [&](const Case& tested) {
            return tested.rule != nullptr && rule->name == tested.rule;
        })) << rule->name;
    }
}

}  // namespace
}  // namespace poststack::lint
