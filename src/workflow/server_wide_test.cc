#include "workflow/server_wide.h"

#include <gtest/gtest.h>

namespace poststack::workflow {
namespace {

TEST(ServerWide, FindsWhatReachesBeyondTheDatabase) {
    EXPECT_TRUE(mentions_server("create Role app"));
    EXPECT_TRUE(mentions_server("ALTER SYSTEM SET work_mem = '1GB'"));
    EXPECT_TRUE(mentions_server("DO $$ BEGIN EXECUTE 'DROP USER x'; END $$"));
    EXPECT_TRUE(mentions_server("SELECT dblink_exec('', 'DROP TABLE t')"));
    EXPECT_TRUE(mentions_server("SELECT pg_drop_replication_slot('s')"));
}

TEST(ServerWide, LetsOrdinaryMigrationsBe) {
    EXPECT_FALSE(mentions_server(""));
    EXPECT_FALSE(mentions_server("CREATE TABLE users (user_id int, system_name text)"));
    EXPECT_FALSE(
        mentions_server("GRANT SELECT ON t TO reader; ALTER TABLE t OWNER TO current_user"));
}

}  // namespace
}  // namespace poststack::workflow
