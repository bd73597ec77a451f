#include "migrate/statement.h"

#include <string>

#include <gtest/gtest.h>

namespace poststack::migrate {
namespace {

using enum StatementKind;

struct Case {
    const char* sql;
    StatementKind kind;
};

class Classify : public testing::TestWithParam<Case> {};

TEST_P(Classify, KnowsTheStatement) {
    EXPECT_EQ(classify(GetParam().sql).kind, GetParam().kind) << GetParam().sql;
}

INSTANTIATE_TEST_SUITE_P(Transactions,
                         Classify,
                         testing::Values(Case{"BEGIN", begin},
                                         Case{"begin isolation level serializable", begin},
                                         Case{"/* x */ START TRANSACTION", begin},
                                         Case{"COMMIT", commit},
                                         Case{"END TRANSACTION", commit},
                                         Case{"COMMIT AND NO CHAIN", commit},
                                         Case{"COMMIT AND CHAIN", commit_chain},
                                         Case{"ROLLBACK", rollback},
                                         Case{"abort work", rollback},
                                         Case{"ROLLBACK TO SAVEPOINT a", ordinary},
                                         Case{"SAVEPOINT a", ordinary},
                                         Case{"RELEASE a", ordinary},
                                         Case{"PREPARE TRANSACTION 'x'", two_phase},
                                         Case{"COMMIT PREPARED 'x'", two_phase},
                                         Case{"ROLLBACK PREPARED 'x'", two_phase},
                                         Case{"PREPARE q AS SELECT 1", ordinary}));

INSTANTIATE_TEST_SUITE_P(
    OutsideOnly,
    Classify,
    testing::Values(Case{"CREATE INDEX CONCURRENTLY i ON t (a)", outside_only},
                    Case{"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (a)", outside_only},
                    Case{"create index -- x\n concurrently on t (a)", outside_only},
                    Case{"DROP INDEX CONCURRENTLY i", outside_only},
                    Case{"REINDEX INDEX CONCURRENTLY i", outside_only},
                    Case{"REINDEX (VERBOSE, CONCURRENTLY) TABLE t", outside_only},
                    Case{"REINDEX SCHEMA s", outside_only},
                    Case{"VACUUM", outside_only},
                    Case{"VACUUM (FULL) t", outside_only},
                    Case{"CLUSTER", outside_only},
                    Case{"CLUSTER VERBOSE", outside_only},
                    Case{"ALTER SYSTEM SET work_mem = '1MB'", outside_only},
                    Case{"CREATE DATABASE d", outside_only},
                    Case{"DROP DATABASE d", outside_only},
                    Case{"CREATE TABLESPACE t LOCATION '/x'", outside_only},
                    Case{"DROP TABLESPACE t", outside_only},
                    Case{"ALTER DATABASE d SET TABLESPACE t", outside_only},
                    Case{"ALTER TABLE p DETACH PARTITION c CONCURRENTLY", outside_only},
                    Case{"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", outside_only},
                    Case{"DISCARD ALL", outside_only}));

INSTANTIATE_TEST_SUITE_P(
    Ordinary,
    Classify,
    testing::Values(
        Case{"CREATE INDEX i ON t (a)", ordinary},
        Case{"CREATE INDEX \"concurrently\" ON t (a)", ordinary},
        Case{"REINDEX TABLE t", ordinary},
        Case{"CLUSTER t USING i", ordinary},
        Case{"ALTER DATABASE d SET search_path = a", ordinary},
        Case{"ALTER TABLE p DETACH PARTITION c", ordinary},
        Case{"CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = false)", ordinary},
        Case{"REFRESH MATERIALIZED VIEW CONCURRENTLY v", ordinary},
        Case{"SELECT 'VACUUM'", ordinary},
        Case{"\"vacuum\"", ordinary},
        Case{"SET ROLE x", session},
        Case{"RESET ALL", session},
        Case{"", ordinary}));

}  // namespace
}  // namespace poststack::migrate
