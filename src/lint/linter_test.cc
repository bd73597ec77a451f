#include "lint/linter.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lint/test_lint.h"

namespace poststack::lint {
namespace {

using test::found;
using test::lint_text;
using test::text_file;
using test::to_text;
using testing::HasSubstr;

LintReport lint_chain(const std::vector<std::string>& files, std::size_t report_from = 0) {
    std::vector<LintPair> pairs;
    for (std::size_t i = 0; i < files.size(); ++i) {
        LintPair& pair = pairs.emplace_back();
        pair.migration = text_file("00" + std::to_string(i + 1) + "_x.sql", files[i]);
        pair.migration->report = i >= report_from;
        pair.expects_rollback = false;
    }
    return lint(pairs);
}

TEST(Lint, SaysLockEffectAndWayOut) {
    const LintReport report = lint_text("SELECT 1;\n  CREATE INDEX i ON orders (a);");

    ASSERT_EQ(report.findings.size(), 1U);
    const Finding& finding = report.findings.front();
    EXPECT_EQ(finding.message,
              "CREATE INDEX \"i\" takes SHARE on \"orders\" and reads all of it: no INSERT, UPDATE "
              "or DELETE goes through until the index is built");
    EXPECT_THAT(finding.instead, HasSubstr("CREATE INDEX CONCURRENTLY"));
    EXPECT_EQ(finding.object, "orders");
    EXPECT_EQ(finding.place.line, 2U);
    EXPECT_EQ(finding.place.column, 3U);
}

TEST(Lint, ReadsFilesWithVariables) {
    const LintReport report = lint_text(
        "-- poststack: variables TENANT N\n"
        "CREATE INDEX i_${N} ON ${\"TENANT\"}.orders (a) WHERE b = ${'N'};\n"
        "CREATE SEQUENCE ${TENANT}.s INCREMENT BY ${N}; ALTER TABLE ${TENANT}.orders DROP ${N};\n"
        "COPY ${TENANT}.t FROM stdin;\n${X}\n\\.\n");

    ASSERT_EQ(report.findings.size(), 2U) << to_text(report);
    EXPECT_TRUE(report.not_analysed.empty()) << report.not_analysed[0].reason;
    EXPECT_THAT(report.findings[0].message,
                HasSubstr("CREATE INDEX \"i_${N}\" takes SHARE on \"${TENANT}.orders\""));
    EXPECT_EQ(report.findings[0].object, "${TENANT}.orders");
    EXPECT_EQ(report.findings[0].place.line, 2U);
    EXPECT_EQ(report.findings[1].rule->name, "drop-column");
    EXPECT_EQ(report.findings[1].place.line, 3U);
    EXPECT_EQ(report.findings[1].place.column, 48U);
}

TEST(Lint, RefusesVariablesThatNobodyAsksFor) {
    const LintReport report =
        lint_text("-- poststack: variables A\nSELECT 1;\n  SELECT ${B};\nSELECT 2;");

    ASSERT_EQ(report.findings.size(), 1U) << to_text(report);
    EXPECT_EQ(report.findings[0].rule->name, "unreadable-file");
    EXPECT_EQ(report.findings[0].message,
              "this file does not ask for variable \"B\": migrate refuses the file");
    EXPECT_EQ(report.findings[0].place.line, 3U);
    EXPECT_EQ(report.findings[0].place.column, 10U);
    EXPECT_EQ(report.statements, 1U);
}

TEST(Lint, PointsAtTheColumnInsideOfAStatement) {
    const LintReport report =
        lint_text("CREATE TABLE t (\n  id bigint PRIMARY KEY,\n  at timestamp\n);");

    ASSERT_EQ(report.findings.size(), 1U) << to_text(report);
    EXPECT_EQ(report.findings[0].place.line, 3U);
    EXPECT_EQ(report.findings[0].place.column, 3U);
}

TEST(Lint, TakesATableOfAnEarlierFileForOneInUse) {
    const std::string make = "CREATE TABLE t (id bigint PRIMARY KEY, a int);";
    const std::string index = "CREATE INDEX i ON t (a);";

    EXPECT_TRUE(found(lint_chain({make, index}), "blocking-index-build"));
    EXPECT_FALSE(found(lint_chain({make + index}), "blocking-index-build"));
    EXPECT_FALSE(found(lint_chain({make, "DROP TABLE t;", make + index}), "blocking-index-build"));
}

TEST(Lint, KnowsColumnTypesOfEarlierFiles) {
    const std::string make =
        "CREATE TABLE public.t (id bigint PRIMARY KEY, v varchar(50), n int, p numeric(8,2));";
    const auto finds = [&](const std::string& change) {
        return found(lint_chain({make, "ALTER TABLE t ALTER " + change + ";"}),
                     "column-type-rewrite");
    };

    EXPECT_FALSE(finds("v TYPE varchar(200)"));
    EXPECT_FALSE(finds("v TYPE text"));
    EXPECT_FALSE(finds("v TYPE text USING v::text"));
    EXPECT_FALSE(finds("p TYPE numeric(10,2)"));
    EXPECT_TRUE(finds("v TYPE varchar(20)"));
    EXPECT_TRUE(finds("v TYPE text USING upper(v)"));
    EXPECT_TRUE(finds("n TYPE bigint"));
}

TEST(Lint, TrustsAValidatedCheckOfAnEarlierFile) {
    const std::string make = "CREATE TABLE t (id bigint PRIMARY KEY, a int);";
    const std::string check = "ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;";
    const std::string validate = "ALTER TABLE t VALIDATE CONSTRAINT c;";
    const std::string set = "ALTER TABLE t ALTER a SET NOT NULL;";

    EXPECT_TRUE(found(lint_chain({make, check, set}), "set-not-null-scans"));
    EXPECT_FALSE(found(lint_chain({make, check, validate, set}), "set-not-null-scans"));
}

TEST(Lint, LetsALaterFileBringTheIndexOfAForeignKey) {
    const std::string make =
        "CREATE TABLE t (id bigint PRIMARY KEY, o bigint REFERENCES orders (id));";
    const std::string index =
        "-- poststack: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (o, id);";

    EXPECT_TRUE(found(lint_chain({make}), "foreign-key-without-index"));
    EXPECT_FALSE(found(lint_chain({make, index}), "foreign-key-without-index"));
}

TEST(Lint, ReportsOnWhatIsAskedForOnly) {
    const LintReport report = lint_chain({"DROP TABLE a;", "DROP TABLE b;"}, 1);

    ASSERT_EQ(report.findings.size(), 1U);
    EXPECT_EQ(report.findings[0].file, "002_x.sql");
    EXPECT_EQ(report.files, 1U);
    EXPECT_EQ(report.statements, 1U);
}

TEST(Lint, DoesNotWarnOfDroppingWhatTheMigrationMade) {
    const LintReport report = test::lint_texts("ALTER TABLE orders ADD COLUMN note text;",
                                               "ALTER TABLE orders DROP COLUMN note;");
    EXPECT_TRUE(report.findings.empty()) << to_text(report);
}

TEST(Lint, ForgetsWhatARollbackDid) {
    LintPair first{.migration = text_file("001_a.sql", "CREATE TABLE t (id bigint PRIMARY KEY);"),
                   .rollback = text_file("001_a.rollback.sql", "DROP TABLE t;")};
    LintPair second{.migration = text_file("002_b.sql", "ALTER TABLE t ADD COLUMN b int;"),
                    .rollback = text_file("002_b.rollback.sql", "ALTER TABLE t DROP COLUMN b;")};
    LintPair third{.migration = text_file("003_c.sql", "ALTER TABLE t ALTER b TYPE int;"),
                   .rollback = text_file("003_c.rollback.sql", "ALTER TABLE t ALTER b TYPE int;")};
    const LintReport report = lint({first, second, third});
    EXPECT_TRUE(report.findings.empty()) << to_text(report);
}

TEST(Lint, CountsWhatItsGrammarDoesNotKnow) {
    const LintReport report =
        lint_text("SELECT 1;\nMERGE INTO t USING s ON true WHEN MATCHED THEN DELETE RETURNING 1;");

    EXPECT_EQ(report.statements, 2U);
    ASSERT_EQ(report.not_analysed.size(), 1U);
    EXPECT_EQ(report.not_analysed[0].place.line, 2U);
    EXPECT_TRUE(report.findings.empty());
}

TEST(Lint, DoesNotParseMegabytesOfRows) {
    std::string rows = "INSERT INTO kinds VALUES (1)";
    while (rows.size() < 2'000'000)
        rows += ", (1)";
    const LintReport report = lint_text(rows + ";");
    EXPECT_TRUE(report.not_analysed.empty());
    EXPECT_TRUE(report.findings.empty());
}

TEST(Lint, HearsIgnoreComments) {
    EXPECT_FALSE(
        found(lint_text("-- poststack: ignore drop-table\nDROP TABLE orders;"), "drop-table"));
    EXPECT_TRUE(found(lint_text("-- poststack: ignore drop-table\nDROP TABLE a;\nDROP TABLE b;"),
                      "drop-table"));
    EXPECT_FALSE(
        found(lint_text("-- poststack: ignore-file drop-table\nDROP TABLE a;\nDROP TABLE b;"),
              "drop-table"));
}

TEST(Lint, NamesTheNearestRule) {
    const LintReport report = lint_text("-- poststack: ignore drop-tabel\nSELECT 1;");

    ASSERT_EQ(report.findings.size(), 1U);
    EXPECT_THAT(report.findings[0].message, HasSubstr("no rule \"drop-tabel\""));
    EXPECT_EQ(report.findings[0].instead, "Did you mean \"drop-table\"?");
}

Schema live_schema(Size size) {
    Schema schema;
    schema.is_live = true;
    Relation relation;
    relation.size = size;
    schema.relations.put("orders", relation);
    return schema;
}

TEST(Lint, LetsEmptyTablesOfALiveDatabaseBe) {
    const std::string sql = "CREATE INDEX i ON orders (a);";

    EXPECT_TRUE(lint_text(sql, live_schema({.is_empty = true, .rows = 0})).findings.empty());
    const LintReport report =
        lint_text(sql, live_schema({.bytes = 1'288'490'188, .is_empty = false, .rows = 4'000'000}));
    ASSERT_EQ(report.findings.size(), 1U);
    EXPECT_THAT(report.findings[0].message, HasSubstr("\"orders\" (1.2 GB, about 4000000 rows)"));
}

}  // namespace
}  // namespace poststack::lint
