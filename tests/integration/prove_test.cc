// Rollback proofs against a real server.
#include "workflow/prove.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "caught.h"
#include "prove_fixture.h"

namespace poststack::workflow {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(ProveTest, CallsACompleteRollbackLossless) {
    const PairProof proof = prove_pair(
        "CREATE INDEX i ON t (b); ALTER TABLE t ADD d int DEFAULT 1; COMMENT ON TABLE t IS 'x';",
        "COMMENT ON TABLE t IS NULL; ALTER TABLE t DROP d; DROP INDEX i;");

    EXPECT_EQ(name(proof.verdict), "lossless");
    EXPECT_TRUE(proof.difference.empty());
    EXPECT_THAT(proof.lost, IsEmpty());
    EXPECT_EQ(proof.checksum.size(), 64U);
}

TEST_F(ProveTest, CallsARollbackThatMakesATableAnewLossy) {
    const PairProof proof = prove_pair("DROP TABLE t;", "CREATE TABLE t (a int, b text, c int);");

    EXPECT_EQ(name(proof.verdict), "lossy");
    EXPECT_THAT(proof.lost, ElementsAre("table public.t"));
    EXPECT_FALSE(proof.column_order);
}

TEST_F(ProveTest, TellsColumnOrderFromAWrongRollback) {
    const PairProof proof = prove_pair("ALTER TABLE t DROP b;", "ALTER TABLE t ADD b text;");

    EXPECT_EQ(name(proof.verdict), "lossy");
    EXPECT_TRUE(proof.column_order);
    EXPECT_THAT(proof.lost, ElementsAre("column public.t.b"));
    EXPECT_THAT(catalog::to_text(proof.difference), HasSubstr("a, b, c -> a, c, b"));
}

TEST_F(ProveTest, KnowsARenameFromALoss) {
    const PairProof proof = prove_pair("ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME b TO z;",
                                       "ALTER TABLE u RENAME z TO b; ALTER TABLE u RENAME TO t;");

    EXPECT_EQ(name(proof.verdict), "lossless");
}

TEST_F(ProveTest, NamesValuesThatANarrowerTypeLoses) {
    const PairProof proof =
        prove_pair("ALTER TABLE t ALTER a TYPE bigint, ALTER c TYPE text;",
                   "ALTER TABLE t ALTER a TYPE int, ALTER c TYPE int USING c::int;");

    EXPECT_EQ(name(proof.verdict), "lossy");
    EXPECT_THAT(proof.lost, ElementsAre("values of column public.t.c (integer to text)"));
}

TEST_F(ProveTest, ShowsWhatARollbackForgets) {
    const PairProof proof =
        prove_pair("CREATE TABLE u (x int); ALTER TABLE t ALTER b SET NOT NULL;", "DROP TABLE u;");

    EXPECT_EQ(name(proof.verdict), "broken");
    EXPECT_THAT(proof.problem, HasSubstr("leaves another schema"));
    EXPECT_EQ(catalog::to_text(proof.difference),
              "~ column public.t.b\n    not null: (not set) -> yes\n");
}

TEST_F(ProveTest, ShowsWhereARollbackFails) {
    const PairProof proof = prove_pair("CREATE TABLE u (x int);", "DROP TABLE u;\nDROP TABLE v;");

    EXPECT_EQ(name(proof.verdict), "broken");
    EXPECT_THAT(proof.problem, HasSubstr("the rollback fails: "));
    EXPECT_THAT(proof.problem,
                HasSubstr("002_tested.rollback.sql:2:1: table \"v\" does not exist"));
    EXPECT_THAT(proof.problem, HasSubstr("SQLSTATE 42P01"));
}

TEST_F(ProveTest, FindsAMigrationThatFailsTheSecondTime) {
    const PairProof proof = prove_pair(
        "DO $$ BEGIN IF EXISTS (SELECT FROM t) THEN RAISE 'only once'; END IF; END $$; "
        "INSERT INTO t VALUES (1);",
        "SELECT 1;");

    EXPECT_EQ(name(proof.verdict), "broken");
    EXPECT_THAT(proof.problem, HasSubstr("the migration fails after its rollback: "));
    EXPECT_THAT(proof.problem, HasSubstr("only once"));
}

TEST_F(ProveTest, FindsAMigrationThatDependsOnWhatItLeft) {
    const PairProof proof = prove_pair(
        "DO $$ BEGIN IF (SELECT count(*) FROM t) > 0 THEN CREATE TABLE extra (); END IF; END $$; "
        "INSERT INTO t VALUES (1);",
        "SELECT 1;");

    EXPECT_EQ(name(proof.verdict), "broken");
    EXPECT_THAT(proof.problem, HasSubstr("applied again after its rollback"));
    EXPECT_EQ(catalog::to_text(proof.difference), "+ table public.extra\n");
}

TEST_F(ProveTest, AcceptsWhatIsMarkedIrreversible) {
    const PairProof proof = prove_pair("-- poststack: irreversible\nDROP TABLE t;", nullptr);

    EXPECT_EQ(name(proof.verdict), "irreversible");
    EXPECT_TRUE(is_proven(proof.verdict));
}

TEST_F(ProveTest, AsksForAMissingRollback) {
    const PairProof proof = prove_pair("DROP TABLE t;", nullptr);

    EXPECT_EQ(name(proof.verdict), "no rollback");
    EXPECT_FALSE(is_proven(proof.verdict));
    EXPECT_THAT(proof.hint, HasSubstr("002_tested.rollback.sql"));
}

TEST_F(ProveTest, StopsAtAMigrationThatFails) {
    add("001_a", "CREATE TABLE a ();", "DROP TABLE a;");
    add("002_b", "CREATE TABLE b ();\nSELECT nonsense;", "DROP TABLE b;");
    add("003_c", "CREATE TABLE c ();", "DROP TABLE c;");

    const ProofReport report = run();

    EXPECT_EQ(name(report.pairs[0].verdict), "lossless");
    EXPECT_EQ(name(report.pairs[1].verdict), "failed");
    EXPECT_THAT(report.pairs[1].problem, HasSubstr("002_b.sql:2:8: column \"nonsense\""));
    EXPECT_EQ(name(report.pairs[2].verdict), "not reached");
    EXPECT_FALSE(report.is_proven());
    EXPECT_EQ(report.count(Verdict::lossless), 1U);
}

TEST_F(ProveTest, ProvesFilesWithoutATransaction) {
    const PairProof proof =
        prove_pair("-- poststack: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (b);\nVACUUM t;",
                   "-- poststack: no-transaction\nDROP INDEX CONCURRENTLY i;");

    EXPECT_EQ(name(proof.verdict), "lossless") << proof.problem;
}

TEST_F(ProveTest, PutsRightWhatABrokenFileWithoutATransactionLeaves) {
    const PairProof proof =
        prove_pair("-- poststack: no-transaction\nCREATE INDEX CONCURRENTLY i ON t (b);",
                   "-- poststack: no-transaction\nDROP TABLE t;\nDROP TABLE nothing;");

    EXPECT_EQ(name(proof.verdict), "broken");
    EXPECT_THAT(proof.problem, HasSubstr("rollback.sql:3:1"));
}

TEST_F(ProveTest, ProvesWhatCannotHappenTwiceInOneTransaction) {
    add("001_type", "CREATE TYPE e AS ENUM ('x');", "DROP TYPE e;");
    add("002_used",
        "CREATE TABLE u (e e DEFAULT 'x', CONSTRAINT c CHECK (e <> 'y'::text::e));",
        "DROP TABLE u;");
    add("003_value",
        "ALTER TABLE u DROP CONSTRAINT c; ALTER TYPE e ADD VALUE 'y';",
        "ALTER TABLE u ALTER e DROP DEFAULT; ALTER TYPE e RENAME TO e_old; CREATE TYPE e AS ENUM "
        "('x'); ALTER TABLE u ALTER e TYPE e USING e::text::e; DROP TYPE e_old; ALTER TABLE u "
        "ALTER "
        "e SET DEFAULT 'x'; ALTER TABLE u ADD CONSTRAINT c CHECK (e <> 'y'::text::e);");

    const ProofReport report = run();

    for (const PairProof& pair : report.pairs)
        EXPECT_TRUE(is_proven(pair.verdict)) << pair.problem << catalog::to_text(pair.difference);
}

TEST_F(ProveTest, KeepsWhatOneTextSetsFromTheNext) {
    const PairProof proof = prove_pair(
        "BEGIN; CREATE SCHEMA app; SET search_path = app; SET LOCAL ROLE postgres; CREATE TABLE x "
        "(); CREATE TEMPORARY TABLE temp (); PREPARE p AS SELECT 1; COMMIT;",
        "DEALLOCATE ALL; DROP SCHEMA app CASCADE; SET search_path = nowhere;");

    EXPECT_EQ(name(proof.verdict), "lossless") << proof.problem;
}

TEST_F(ProveTest, ChecksDeferredConstraintsAsACommitWould) {
    add("001_base",
        "CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE q (a int REFERENCES p DEFERRABLE "
        "INITIALLY DEFERRED);",
        "DROP TABLE q, p;");
    add("002_good",
        "ALTER TABLE q ADD b int;",
        "ALTER TABLE q DROP b; INSERT INTO q VALUES (1); INSERT INTO p VALUES (1);");
    add("003_bad", "ALTER TABLE q ADD c int;", "ALTER TABLE q DROP c; INSERT INTO q VALUES (9);");

    const ProofReport report = run();

    EXPECT_EQ(name(report.pairs[1].verdict), "lossless") << report.pairs[1].problem;
    EXPECT_EQ(name(report.pairs[2].verdict), "broken");
    EXPECT_THAT(report.pairs[2].problem, HasSubstr("violates foreign key"));
}

TEST_F(ProveTest, StopsAtTheTarget) {
    add("001_a", "CREATE TABLE a ();", "DROP TABLE a;");
    add("002_b", "SELECT nonsense;", "");
    std::size_t told = 0;
    ProveOptions options;
    options.target = migrate::Version{1};
    options.on_pair = [&](const PairProof&, std::size_t index, std::size_t total) {
        told = index * 10 + total;
    };

    EXPECT_TRUE(run(options).is_proven());
    EXPECT_EQ(told, 11U);
}

TEST_F(ProveTest, DoesNotTrustCountsThatAreSwitchedOff) {
    const PairProof proof = prove_pair(
        "SET track_counts = off; ALTER TABLE t ALTER b SET NOT NULL; SET track_counts = on;",
        "SELECT 1;");

    EXPECT_EQ(name(proof.verdict), "broken");
    EXPECT_EQ(catalog::to_text(proof.difference),
              "~ column public.t.b\n    not null: (not set) -> yes\n");
}

TEST_F(ProveTest, CallsARollbackThatCannotBeRunBroken) {
    const PairProof proof = prove_pair("CREATE INDEX i ON t (b);", "DROP INDEX CONCURRENTLY i;");

    EXPECT_EQ(name(proof.verdict), "broken");
    EXPECT_THAT(proof.problem, HasSubstr("the rollback fails: "));
    EXPECT_THAT(proof.problem, HasSubstr("cannot run inside a transaction"));
    EXPECT_THAT(proof.hint, HasSubstr("no-transaction"));
}

TEST_F(ProveTest, RefusesAFileThatIsNoSql) {
    add("001_a", "\\connect other\n", "");

    const Error error = test::caught([&] { (void)run(); });

    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_THAT(error.message(), HasSubstr("001_a.sql:1:1"));
}

}  // namespace
}  // namespace poststack::workflow
