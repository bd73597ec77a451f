// One history of each tool, as the tool makes it, is taken over.
#include <gtest/gtest.h>

#include "adopt_fixture.h"
#include "migrate/apply.h"
#include "migrate/status.h"

namespace poststack::migrate {
namespace {

/// A history as its tool makes it, with version 1 applied and 2 not, and the two files.
struct HistoryCase {
    std::string tool;
    std::string sql;
    std::string first;
    std::string first_text;
    std::string second;
    std::string second_text;
};

class AdoptHistory : public Adopt, public testing::WithParamInterface<HistoryCase> {};

TEST_P(AdoptHistory, IsTakenOver) {
    const HistoryCase& one = GetParam();
    write(one.first, one.first_text);
    write(one.second, one.second_text);
    if (one.tool == "sqitch") {
        write("sqitch.plan",
              "%project=x\na 2024-01-01T00:00:00Z A <a@b> #\nb 2024-01-02T00:00:00Z A <a@b> #\n");
    }
    run(one.sql + "; CREATE TABLE a ()");

    const AdoptReport report = adopt_now();

    EXPECT_EQ(report.tool, one.tool);
    ASSERT_EQ(report.files.size(), 2U);
    EXPECT_EQ(report.files[0].adoption, Adoption::baseline) << report.files[0].reason;
    EXPECT_EQ(report.files[1].adoption, Adoption::apply) << report.files[1].reason;
    EXPECT_EQ(apply(target_, ours()).steps.size(), 1U);
    EXPECT_TRUE(status(connection_, ours()).is_current());
}

INSTANTIATE_TEST_SUITE_P(
    Tools,
    AdoptHistory,
    testing::Values(
        HistoryCase{
            "poststack",
            "CREATE TABLE public.schema_migrations (version text PRIMARY KEY, description "
            "text, applied_at timestamptz, execution_time_ms int, checksum text, applied_by "
            "text, sql_up text, sql_down text);"
            "INSERT INTO public.schema_migrations VALUES ('001', 'a', now(), 1, 'x', 'me', "
            "'', '')",
            "001_a.sql",
            up_a,
            "002_b.sql",
            up_b},
        HistoryCase{
            "liquibase",
            "CREATE TABLE databasechangelog (id varchar(255), author varchar(255), filename "
            "varchar(255), dateexecuted timestamp, orderexecuted int, exectype varchar(10), "
            "md5sum varchar(35));"
            "INSERT INTO databasechangelog VALUES ('1', 'ann', 'db/x.sql', now(), 1, "
            "'EXECUTED', '8:x')",
            "x.sql",
            "--liquibase formatted sql\n--changeset ann:1\n" + up_a,
            "y.sql",
            "--liquibase formatted sql\n--changeset ann:2\n" + up_b},
        HistoryCase{"goose",
                    "CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint, "
                    "is_applied boolean, tstamp timestamp DEFAULT now());"
                    "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, "
                    "true), (2, true), (2, false)",
                    "00001_a.sql",
                    "-- +goose Up\n" + up_a,
                    "00002_b.sql",
                    "-- +goose Up\n" + up_b},
        HistoryCase{"node-pg-migrate",
                    "CREATE TABLE pgmigrations (id serial PRIMARY KEY, name varchar(255), run_on "
                    "timestamp); INSERT INTO pgmigrations (name, run_on) VALUES ('17_a', now())",
                    "17_a.sql",
                    up_a,
                    "18_b.sql",
                    up_b},
        HistoryCase{"sqlx",
                    "CREATE TABLE _sqlx_migrations (version bigint PRIMARY KEY, description text, "
                    "installed_on timestamptz DEFAULT now(), success boolean, checksum bytea, "
                    "execution_time bigint); INSERT INTO _sqlx_migrations VALUES (1, 'a', now(), "
                    "true, '\\x00', 1)",
                    "1_a.sql",
                    up_a,
                    "2_b.sql",
                    up_b},
        HistoryCase{"diesel",
                    "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, "
                    "run_on timestamp DEFAULT now()); INSERT INTO __diesel_schema_migrations "
                    "VALUES ('20240101')",
                    "2024-01-01_a/up.sql",
                    up_a,
                    "2024-01-02_b/up.sql",
                    up_b},
        HistoryCase{
            "sqitch",
            "CREATE SCHEMA sqitch; CREATE TABLE sqitch.changes (change_id text, change text, "
            "project text, committed_at timestamptz DEFAULT now(), planner_email text);"
            "INSERT INTO sqitch.changes (change) VALUES ('a')",
            "deploy/a.sql",
            "BEGIN;\n" + up_a + "COMMIT;\n",
            "deploy/b.sql",
            "BEGIN;\n" + up_b + "COMMIT;\n"}),
    [](const auto& one) {
        std::string name = one.param.tool;
        std::erase(name, '-');
        return name;
    });

}  // namespace
}  // namespace poststack::migrate
