// The linter against a live catalogue: what it reads, and what it then lets be.
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lint/live.h"
#include "lint/test_lint.h"
#include "pg/connection.h"
#include "require_tool.h"
#include "server.h"

namespace poststack::lint {
namespace {

using testing::HasSubstr;

constexpr const char* tables = R"(
CREATE SCHEMA billing;
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE TYPE mood AS ENUM ('fine');
CREATE FUNCTION ticket() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1';
CREATE FUNCTION answer() RETURNS int LANGUAGE sql STABLE AS 'SELECT 42';
CREATE TABLE empty (id bigint PRIMARY KEY, a int);
CREATE TABLE filled (id bigint PRIMARY KEY, v varchar(50), p numeric(8,2), t timestamptz(3),
                     n int, o bigint, w int NOT NULL, CONSTRAINT n_there CHECK (n IS NOT NULL));
CREATE INDEX filled_o ON filled (o);
CREATE INDEX filled_v ON filled (lower(v)) WHERE n > 0;
INSERT INTO filled SELECT i, 'x', 1, now(), i, i, i FROM generate_series(1, 1000) i;
CREATE TABLE billing.parts (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE billing.parts_1 PARTITION OF billing.parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO billing.parts VALUES (1, '2026-05-05');
ANALYZE;
)";

/// The catalogue of one database, read once for all tests.
const Schema& live() {
    static const Schema schema = [] {
        pg::Connection connection(poststack::test::shared_server().fresh_database(),
                                  std::chrono::seconds(30));
        connection.script(tables);
        return load_schema(connection);
    }();
    return schema;
}

class LoadSchema : public testing::Test {
  protected:
    void SetUp() override { POSTSTACK_REQUIRE_TOOL("postgres"); }
};

LintReport lint_live(std::string sql) {
    return test::lint_text(std::move(sql), Schema(&live()));
}

TEST_F(LoadSchema, ReadsTablesAndTheirSizes) {
    const Relation* empty = live().relations.find("empty");
    const Relation* filled = live().relations.find("filled");
    const Relation* parts = live().relations.find("billing.parts");

    ASSERT_TRUE(empty && filled && parts);
    EXPECT_TRUE(empty->size->is_empty);
    EXPECT_FALSE(filled->size->is_empty);
    EXPECT_EQ(filled->size->rows, 1000);
    EXPECT_GT(filled->size->bytes, 1000U);
    EXPECT_TRUE(parts->is_partitioned);
    EXPECT_FALSE(parts->size->is_empty);
}

TEST_F(LoadSchema, ReadsColumnsAsStatementsWriteThem) {
    const Relation* filled = live().relations.find("filled");

    EXPECT_EQ(to_text(filled->find_column("v")->type), "varchar(50)");
    EXPECT_EQ(to_text(filled->find_column("p")->type), "numeric(8,2)");
    EXPECT_EQ(to_text(filled->find_column("t")->type), "timestamptz(3)");
    EXPECT_EQ(to_text(filled->find_column("id")->type), "bigint");
    EXPECT_TRUE(filled->find_column("w")->not_null);
    EXPECT_TRUE(filled->proves_not_null("n"));
    EXPECT_FALSE(filled->proves_not_null("o"));
}

TEST_F(LoadSchema, ReadsIndexesAndConstraints) {
    const Relation* filled = live().relations.find("filled");

    EXPECT_TRUE(filled->has_primary_key());
    EXPECT_TRUE(filled->has_index_for({"o"}));
    EXPECT_FALSE(filled->has_index_for({"v"}));
    EXPECT_EQ(*live().index_tables.find("filled_o"), "filled");
    EXPECT_TRUE(live().domains.find("positive")->is_constrained);
    EXPECT_NE(live().enums.find("mood"), nullptr);
    EXPECT_EQ(live().functions.find("answer")->volatility, Volatility::stable);
    EXPECT_EQ(live().functions.find("random")->volatility, Volatility::is_volatile);
    EXPECT_EQ(live().functions.find("date_bin")->volatility, Volatility::stable);
}

struct Case {
    const char* rule;
    const char* bad;
    const char* good;
};

class LiveCase : public LoadSchema, public testing::WithParamInterface<Case> {};

TEST_P(LiveCase, DependsOnTheCatalogue) {
    const LintReport bad = lint_live(GetParam().bad);
    EXPECT_TRUE(test::found(bad, GetParam().rule)) << GetParam().bad << '\n' << test::to_text(bad);
    const LintReport good = lint_live(GetParam().good);
    EXPECT_FALSE(test::found(good, GetParam().rule)) << test::to_text(good);
}

INSTANTIATE_TEST_SUITE_P(
    LintLive,
    LiveCase,
    testing::Values(
        Case{"blocking-index-build", "CREATE INDEX ON filled (n);", "CREATE INDEX ON empty (a);"},
        Case{"column-type-rewrite",
             "ALTER TABLE filled ALTER v TYPE varchar(20);",
             "ALTER TABLE filled ALTER v TYPE varchar(200), ALTER p TYPE numeric(10,2);"},
        Case{"set-not-null-scans",
             "ALTER TABLE filled ALTER o SET NOT NULL;",
             "ALTER TABLE filled ALTER n SET NOT NULL;"},
        Case{"add-column-volatile-default",
             "ALTER TABLE filled ADD x int DEFAULT ticket();",
             "ALTER TABLE filled ADD x int DEFAULT answer();"},
        Case{"add-column-constrained-domain",
             "ALTER TABLE filled ADD x positive;",
             "ALTER TABLE empty ADD x positive;"},
        Case{"foreign-key-without-index",
             "ALTER TABLE filled ADD FOREIGN KEY (n) REFERENCES empty NOT VALID;",
             "ALTER TABLE filled ADD FOREIGN KEY (o) REFERENCES empty NOT VALID;"},
        Case{"attach-partition-scans",
             "ALTER TABLE billing.parts ATTACH PARTITION filled DEFAULT;",
             "ALTER TABLE billing.parts ATTACH PARTITION empty DEFAULT;"},
        Case{"duplicate-index",
             "CREATE INDEX CONCURRENTLY again ON filled (o);",
             "CREATE INDEX CONCURRENTLY again ON filled (o, n);"}));

TEST_F(LoadSchema, TellsTheSizeInFindings) {
    const LintReport report = lint_live("CREATE INDEX ON filled (n);");
    ASSERT_FALSE(report.findings.empty());
    EXPECT_THAT(report.findings[0].message, HasSubstr("on \"filled\" ("));
    EXPECT_THAT(report.findings[0].message, HasSubstr("about 1000 rows)"));
}

}  // namespace
}  // namespace poststack::lint
