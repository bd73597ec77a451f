// The risky migrations that other linters are measured with, too.
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "lint/test_lint.h"

namespace poststack::lint {
namespace {

/// What both squawk 2.66 and the Postgres Language Server's linter 0.25 let pass.
struct Unnoticed {
    const char* name;
    const char* rule;
    const char* sql;
};

// clang-format off
constexpr Unnoticed unnoticed[] = {
    {"Cluster", "cluster", "CLUSTER orders USING orders_pkey;"},
    {"LockTable", "lock-table", "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE;"},
    {"TriggerOnALiveTable", "create-trigger",
     "CREATE TRIGGER audit AFTER UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION audit();"},
    {"DisableTriggerAll", "disable-triggers", "ALTER TABLE orders DISABLE TRIGGER ALL;"},
    {"SetUnlogged", "change-persistence", "ALTER TABLE orders SET UNLOGGED;"},
    {"SetTablespace", "set-tablespace", "ALTER TABLE orders SET TABLESPACE fast;"},
    {"SetAccessMethod", "set-access-method", "ALTER TABLE orders SET ACCESS METHOD columnar;"},
    {"SetExpression", "set-expression",
     "ALTER TABLE orders ALTER COLUMN gross SET EXPRESSION AS (net * 1.2);"},
    {"ColumnOfAConstrainedDomain", "add-column-constrained-domain",
     "CREATE DOMAIN positive AS int CHECK (value > 0); ALTER TABLE orders ADD COLUMN n positive;"},
    {"JsonColumn", "json-column", "ALTER TABLE orders ADD COLUMN payload json;"},
    {"ReplicaIdentityFull", "replica-identity-full", "ALTER TABLE orders REPLICA IDENTITY FULL;"},
    {"DropViewCascade", "cascade", "DROP VIEW order_totals CASCADE;"},
    {"DropConstraint", "drop-constraint", "ALTER TABLE orders DROP CONSTRAINT total_positive;"},
    {"DisableRowLevelSecurity", "disable-row-security",
     "ALTER TABLE orders DISABLE ROW LEVEL SECURITY;"},
    {"GrantAllToPublic", "grant-to-public", "GRANT ALL ON orders TO PUBLIC;"},
    {"SecurityDefinerWithoutSearchPath", "security-definer-search-path",
     "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM t';"},
    {"DynamicDdlInDo", "dynamic-ddl", "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'orders'; END $$;"},
    {"SearchPathLeftSet", "search-path-left-set", "SET search_path = archive, public;"},
    {"TableWithoutPrimaryKey", "table-without-primary-key",
     "CREATE TABLE readings (at timestamptz NOT NULL, value double precision);"},
    {"ForeignKeyWithoutIndex", "foreign-key-without-index",
     "CREATE TABLE lines (id bigint PRIMARY KEY, order_id bigint REFERENCES orders (id));"},
    {"ConcurrentlyInATransaction", "needs-no-transaction",
     "CREATE INDEX CONCURRENTLY i ON orders (customer_id);"},
    {"SetSchema", "rename-table", "ALTER TABLE orders SET SCHEMA archive;"},
    {"PasswordInTheFile", "password-in-file", "CREATE ROLE shop LOGIN PASSWORD 'secret';"},
};
// clang-format on

class UnnoticedByOthers : public testing::TestWithParam<Unnoticed> {};

TEST_P(UnnoticedByOthers, IsFound) {
    const LintReport report = test::lint_text(GetParam().sql);
    EXPECT_TRUE(test::found(report, GetParam().rule)) << test::to_text(report);
}

INSTANTIATE_TEST_SUITE_P(Peers,
                         UnnoticedByOthers,
                         testing::ValuesIn(unnoticed),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(RiskyMigrations, AreAllFound) {
    constexpr std::string_view separator = " | ";
    std::ifstream file(POSTSTACK_SOURCE "/tests/data/lint_cases.txt");
    int cases = 0;
    for (std::string line; std::getline(file, line);) {
        const std::size_t bar = line.find(separator);
        if (line.starts_with('#') || bar == std::string::npos) continue;
        ++cases;
        const LintReport report = test::lint_text(line.substr(bar + separator.size()));
        EXPECT_TRUE(test::found(report, line.substr(0, bar))) << line << '\n'
                                                              << test::to_text(report);
    }
    EXPECT_EQ(cases, 61);
}

}  // namespace
}  // namespace poststack::lint
