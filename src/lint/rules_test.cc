// Every rule about single files: one text in which it speaks and one in which it is silent.
// "orders" and other unknown names stand for tables that are in use.
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lint/file_rules.h"
#include "lint/pair_rules.h"
#include "lint/rule.h"
#include "lint/test_lint.h"

namespace poststack::lint {
namespace {

struct Case {
    const char* rule;
    const char* bad;
    const char* good;
};

// clang-format off
constexpr Case cases[] = {
    {"blocking-index-build",
     "CREATE INDEX i ON orders (customer_id);",
     "CREATE TABLE t (id bigint PRIMARY KEY, a int); CREATE INDEX ON t (a);"},
    {"blocking-index-drop", "DROP INDEX i;",
     "-- poststack: no-transaction\nDROP INDEX CONCURRENTLY i;"},
    {"blocking-reindex", "REINDEX TABLE orders;",
     "-- poststack: no-transaction\nREINDEX TABLE CONCURRENTLY orders;"},
    {"concurrently-if-not-exists",
     "-- poststack: no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (a);",
     "-- poststack: no-transaction\nCREATE INDEX CONCURRENTLY i ON orders (a);"},
    {"duplicate-index",
     "CREATE TABLE t (id bigint PRIMARY KEY, a int); CREATE INDEX i ON t (a); CREATE INDEX j ON t (a);",
     "CREATE TABLE t (id bigint PRIMARY KEY, a int); CREATE INDEX i ON t (a); CREATE INDEX j ON t (a, id);"},
    {"check-without-not-valid", "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0);",
     "ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0) NOT VALID;"},
    {"foreign-key-without-not-valid",
     "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t;",
     "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES t NOT VALID;"},
    {"unique-without-index", "ALTER TABLE orders ADD CONSTRAINT u UNIQUE (number);",
     "ALTER TABLE orders ADD CONSTRAINT u UNIQUE USING INDEX i;"},
    {"primary-key-without-index", "ALTER TABLE orders ADD PRIMARY KEY (id);",
     "ALTER TABLE orders ADD CONSTRAINT p PRIMARY KEY USING INDEX i;"},
    {"exclusion-constraint", "ALTER TABLE rooms ADD EXCLUDE USING gist (during WITH &&);",
     "CREATE TABLE r (id bigint PRIMARY KEY, during tstzrange, EXCLUDE USING gist (during WITH &&));"},
    {"set-not-null-scans", "ALTER TABLE orders ALTER COLUMN a SET NOT NULL;",
     "ALTER TABLE orders ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;"
     "ALTER TABLE orders VALIDATE CONSTRAINT c; ALTER TABLE orders ALTER COLUMN a SET NOT NULL;"},
    {"validate-in-same-transaction",
     "ALTER TABLE orders ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT c;",
     "ALTER TABLE orders VALIDATE CONSTRAINT c;"},
    {"drop-constraint", "ALTER TABLE orders DROP CONSTRAINT c;",
     "CREATE TABLE t (id bigint PRIMARY KEY, CONSTRAINT c CHECK (id > 0)); ALTER TABLE t DROP CONSTRAINT c;"},
    {"foreign-key-without-index",
     "CREATE TABLE t (id bigint PRIMARY KEY, order_id bigint REFERENCES orders);",
     "CREATE TABLE t (id bigint PRIMARY KEY, order_id bigint REFERENCES orders); CREATE INDEX ON t (order_id);"},
    {"not-valid-never-validated", "ALTER TABLE orders ADD CONSTRAINT c CHECK (a > 0) NOT VALID;",
     "ALTER TABLE orders VALIDATE CONSTRAINT c;"},
    {"add-column-volatile-default", "ALTER TABLE orders ADD COLUMN u uuid DEFAULT gen_random_uuid();",
     "ALTER TABLE orders ADD COLUMN at timestamptz NOT NULL DEFAULT now();"},
    {"add-column-serial", "ALTER TABLE orders ADD COLUMN n bigserial;",
     "ALTER TABLE orders ADD COLUMN n bigint;"},
    {"add-column-identity",
     "ALTER TABLE orders ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY;",
     "CREATE TABLE t (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);"},
    {"add-column-generated",
     "ALTER TABLE orders ADD COLUMN d int GENERATED ALWAYS AS (a * 2) STORED;",
     "ALTER TABLE orders ADD COLUMN d int;"},
    {"add-column-constrained-domain",
     "CREATE DOMAIN positive AS int CHECK (value > 0); ALTER TABLE orders ADD COLUMN p positive;",
     "CREATE DOMAIN anything AS int; ALTER TABLE orders ADD COLUMN p anything;"},
    {"add-column-not-null", "ALTER TABLE orders ADD COLUMN a int NOT NULL;",
     "ALTER TABLE orders ADD COLUMN a int NOT NULL DEFAULT 0;"},
    {"column-type-rewrite", "ALTER TABLE orders ALTER COLUMN a TYPE bigint;",
     "CREATE TABLE t (id bigint PRIMARY KEY, a int); ALTER TABLE t ALTER COLUMN a TYPE bigint;"},
    {"set-expression", "ALTER TABLE orders ALTER COLUMN d SET EXPRESSION AS (a * 3);",
     "ALTER TABLE orders ALTER COLUMN d SET DEFAULT 3;"},
    {"drop-column", "ALTER TABLE orders DROP COLUMN note;",
     "CREATE TABLE t (id bigint PRIMARY KEY, a int); ALTER TABLE t DROP COLUMN a;"},
    {"rename-column", "ALTER TABLE orders RENAME COLUMN a TO b;",
     "CREATE TABLE t (id bigint PRIMARY KEY, a int); ALTER TABLE t RENAME COLUMN a TO b;"},
    {"cluster", "CLUSTER orders USING i;", "CREATE TABLE t (id bigint PRIMARY KEY); CLUSTER t USING t_pkey;"},
    {"vacuum-full", "-- poststack: no-transaction\nVACUUM FULL orders;",
     "-- poststack: no-transaction\nVACUUM (ANALYZE) orders;"},
    {"lock-table", "LOCK TABLE orders;", "LOCK TABLE orders IN ACCESS SHARE MODE;"},
    {"blocking-refresh", "REFRESH MATERIALIZED VIEW totals;",
     "REFRESH MATERIALIZED VIEW CONCURRENTLY totals;"},
    {"change-persistence", "ALTER TABLE orders SET UNLOGGED;", "ALTER TABLE orders SET (fillfactor = 70);"},
    {"set-tablespace", "ALTER TABLE orders SET TABLESPACE fast;",
     "CREATE TABLE t (id bigint PRIMARY KEY); ALTER TABLE t SET TABLESPACE fast;"},
    {"set-access-method", "ALTER TABLE orders SET ACCESS METHOD heap2;",
     "CREATE TABLE t (id bigint PRIMARY KEY) USING heap2;"},
    {"replica-identity-full", "ALTER TABLE orders REPLICA IDENTITY FULL;",
     "ALTER TABLE orders REPLICA IDENTITY USING INDEX i;"},
    {"truncate", "TRUNCATE orders;", "CREATE TEMP TABLE t (a int); TRUNCATE t;"},
    {"attach-partition-scans", "ALTER TABLE events ATTACH PARTITION e1 FOR VALUES FROM (1) TO (2);",
     "ALTER TABLE e1 ADD CONSTRAINT b CHECK (n >= 1 AND n < 2) NOT VALID; ALTER TABLE e1 VALIDATE CONSTRAINT b;"
     "ALTER TABLE events ATTACH PARTITION e1 FOR VALUES FROM (1) TO (2);"},
    {"blocking-detach", "ALTER TABLE events DETACH PARTITION e1;",
     "-- poststack: no-transaction\nALTER TABLE events DETACH PARTITION e1 CONCURRENTLY;"},
    {"create-trigger", "CREATE TRIGGER g AFTER INSERT ON orders EXECUTE FUNCTION f();",
     "CREATE TABLE t (id bigint PRIMARY KEY); CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f();"},
    {"disable-triggers", "ALTER TABLE orders DISABLE TRIGGER ALL;",
     "ALTER TABLE orders DISABLE TRIGGER USER; ALTER TABLE orders ENABLE TRIGGER USER;"},
    {"trigger-left-disabled", "ALTER TABLE orders DISABLE TRIGGER g;",
     "ALTER TABLE orders DISABLE TRIGGER g; ALTER TABLE orders ENABLE TRIGGER g;"},
    {"drop-table", "DROP TABLE orders;", "CREATE TABLE t (id bigint PRIMARY KEY); DROP TABLE t;"},
    {"drop-view", "DROP VIEW v;", "DROP VIEW v; CREATE VIEW v AS SELECT 1;"},
    {"drop-schema", "DROP SCHEMA s;", "CREATE SCHEMA s;"},
    {"cascade", "DROP VIEW v CASCADE;", "DROP VIEW v;"},
    {"rename-table", "ALTER TABLE orders RENAME TO sales;",
     "CREATE TABLE t (id bigint PRIMARY KEY); ALTER TABLE t RENAME TO u;"},
    {"rename-object", "ALTER TYPE mood RENAME TO humour;", "ALTER INDEX i RENAME TO j;"},
    {"update-without-where", "UPDATE orders SET a = 1;", "UPDATE orders SET a = 1 WHERE id < 100;"},
    {"delete-without-where", "DELETE FROM orders;", "DELETE FROM orders WHERE id < 100;"},
    {"ddl-and-backfill",
     "ALTER TABLE orders ADD COLUMN a int; UPDATE orders SET a = 1 WHERE b = 2;",
     "ALTER TABLE orders ADD COLUMN a int; INSERT INTO kinds VALUES (1, 'x');"},
    {"needs-no-transaction", "CREATE INDEX CONCURRENTLY i ON orders (a);",
     "-- poststack: no-transaction\nCREATE INDEX CONCURRENTLY i ON orders (a);"},
    {"transaction-control", "SELECT 1; COMMIT; SELECT 2;", "BEGIN; SELECT 1; COMMIT;"},
    {"needless-no-transaction",
     "-- poststack: no-transaction\nCREATE TABLE t (id bigint PRIMARY KEY); INSERT INTO t VALUES (1);",
     "-- poststack: no-transaction\nCREATE INDEX CONCURRENTLY i ON orders (a); ANALYZE orders;"},
    {"enum-value-in-use",
     "ALTER TYPE mood ADD VALUE 'meh'; INSERT INTO moods VALUES ('meh');",
     "ALTER TYPE mood ADD VALUE 'meh'; INSERT INTO moods VALUES ('fine');"},
    {"security-definer-search-path",
     "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';",
     "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1';"},
    {"disable-row-security", "ALTER TABLE orders DISABLE ROW LEVEL SECURITY;",
     "ALTER TABLE orders ENABLE ROW LEVEL SECURITY;"},
    {"grant-to-public", "GRANT ALL ON orders TO PUBLIC;", "GRANT SELECT ON orders TO PUBLIC;"},
    {"password-in-file", "CREATE ROLE r LOGIN PASSWORD 'x';", "CREATE ROLE r LOGIN;"},
    {"search-path-left-set", "SET search_path = a; SELECT 1;", "SET LOCAL search_path = a; SELECT 1;"},
    {"role-left-set", "SET ROLE r; SELECT 1;", "SET ROLE r; SELECT 1; RESET ROLE;"},
    {"dynamic-ddl", "DO $$ BEGIN EXECUTE 'DROP TABLE x'; END $$;", "DO $$ BEGIN RAISE NOTICE 'x'; END $$;"},
    {"ddl-in-do", "DO $$ BEGIN CREATE TABLE x (a int); END $$;", "DO $$ BEGIN PERFORM 1; END $$;"},
    {"table-without-primary-key", "CREATE TABLE t (a int);",
     "CREATE TABLE t (a int); ALTER TABLE t ADD PRIMARY KEY (a);"},
    {"json-column", "ALTER TABLE orders ADD COLUMN j json;", "ALTER TABLE orders ADD COLUMN j jsonb;"},
    {"timestamp-without-time-zone", "ALTER TABLE orders ADD COLUMN at timestamp;",
     "ALTER TABLE orders ADD COLUMN at timestamptz;"},
    {"char-type", "ALTER TABLE orders ADD COLUMN c char(3);", "ALTER TABLE orders ADD COLUMN c text;"},
    {"varchar-length", "ALTER TABLE orders ADD COLUMN c varchar(50);",
     "ALTER TABLE orders ADD COLUMN c varchar;"},
    {"int-primary-key", "CREATE TABLE t (id int, PRIMARY KEY (id));", "CREATE TABLE t (id bigint PRIMARY KEY);"},
    {"serial-type", "CREATE TABLE t (id bigserial PRIMARY KEY);",
     "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);"},
    {"unreadable-file", "SELECT 'x", "SELECT 'x';"},
    {"unknown-rule", "-- poststack: ignore trunkate\nSELECT 1;", "-- poststack: ignore truncate\nTRUNCATE a;"},
    {"unused-ignore", "-- poststack: ignore truncate\nSELECT 1;",
     "-- poststack: ignore truncate\nTRUNCATE orders;"},
};
// clang-format on

class RuleCase : public testing::TestWithParam<Case> {};

TEST_P(RuleCase, SpeaksWhereItIsBroken) {
    const LintReport report = test::lint_text(GetParam().bad);
    EXPECT_TRUE(test::found(report, GetParam().rule)) << GetParam().bad << '\n'
                                                      << test::to_text(report);
}

TEST_P(RuleCase, IsSilentWhereItIsKept) {
    const LintReport report = test::lint_text(GetParam().good);
    EXPECT_FALSE(test::found(report, GetParam().rule)) << GetParam().good << '\n'
                                                       << test::to_text(report);
    const bool may_be_new = std::string_view(GetParam().rule) == "set-expression";
    EXPECT_TRUE(may_be_new || report.not_analysed.empty()) << report.not_analysed.front().reason;
}

std::string case_name(const testing::TestParamInfo<Case>& info) {
    std::string name = info.param.rule;
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Rules, RuleCase, testing::ValuesIn(cases), case_name);

TEST(Rules, HaveACaseEach) {
    const auto is_tested = [](const Rule* rule) {
        return std::any_of(std::begin(cases), std::end(cases), [&](const Case& tested) {
            return rule->name == tested.rule;
        });
    };
    const auto pair = pair_rules();  // pair_rules_test.cc
    for (const Rule* rule : all_rules()) {
        const bool is_pair = std::find(pair.begin(), pair.end(), rule) != pair.end();
        EXPECT_TRUE(is_pair || is_tested(rule)) << rule->name;
    }
}

TEST(Rules, AreWrittenDown) {
    std::ifstream file(POSTSTACK_SOURCE "/docs/lint.md");
    std::vector<std::string> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("| `")) rows.push_back(line);
    }
    ASSERT_EQ(rows.size(), all_rules().size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Rule& rule = *all_rules()[i];
        EXPECT_EQ(
            rows[i],
            fmt::format(
                "| `{}` | {} | {} | {} |", rule.name, name(rule.severity), rule.lock, rule.finds));
    }
}

TEST(Rules, SayWhatHurtsAndWhatToWrite) {
    for (const Rule* rule : all_rules()) {
        EXPECT_FALSE(rule->finds.empty()) << rule->name;
        EXPECT_FALSE(rule->why.empty()) << rule->name;
        EXPECT_TRUE(rule->instead.ends_with('.')) << rule->name;
        EXPECT_FALSE(rule->why.ends_with('.')) << rule->name;
        EXPECT_EQ(find_rule(rule->name), rule) << "two rules are called so";
    }
}

}  // namespace
}  // namespace poststack::lint
