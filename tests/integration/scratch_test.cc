// Scratch databases: whose they are, and what becomes of those that killed runs left.
#include "workflow/scratch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "caught.h"
#include "pg/connection.h"
#include "require_tool.h"
#include "server.h"

namespace poststack::workflow {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ScratchTest : public ::testing::Test {
  protected:
    void SetUp() override { POSTSTACK_REQUIRE_TOOL("postgres"); }

    static std::string scratch_databases(pg::Connection& session) {
        return std::string(
            session
                .query("SELECT coalesce(string_agg(datname, ',' ORDER BY datname), "
                       "'') FROM pg_database WHERE datname LIKE 'poststack_scratch_' "
                       "|| (SELECT oid FROM pg_database WHERE datname = "
                       "current_database()) || '_%'")
                .value(0, 0));
    }
};

TEST_F(ScratchTest, GoesWithItsOwnerAlsoWhenSomebodyIsIn) {
    const pg::ConnInfo info = test::shared_server().fresh_database();
    pg::Connection session(info, seconds(30));
    {
        const ScratchDatabase scratch({info.clone(), info.clone(), {"plpgsql"}});
        const pg::Connection guest(scratch.login(), seconds(30));
        EXPECT_EQ(scratch_databases(session), scratch.name());
        EXPECT_THAT(scratch.cleaned(), IsEmpty());
    }
    EXPECT_EQ(scratch_databases(session), "");
}

TEST_F(ScratchTest, CleansWhatKilledRunsLeftAndNothingElse) {
    const pg::ConnInfo info = test::shared_server().fresh_database();
    pg::Connection session(info, seconds(30));
    const ScratchDatabase alive({info.clone(), info.clone(), {}});
    const std::string stem = alive.name().substr(0, alive.name().size() - 8);
    session.script("CREATE DATABASE " + stem + "00000000");
    session.script("CREATE DATABASE " + stem + "mine");

    const ScratchDatabase next({info.clone(), info.clone(), {}});

    EXPECT_THAT(next.cleaned(), ElementsAre(stem + "00000000"));
    EXPECT_THAT(scratch_databases(session), HasSubstr(alive.name()));
    EXPECT_THAT(scratch_databases(session), HasSubstr(stem + "mine"));
}

TEST_F(ScratchTest, SaysWhatARoleNeeds) {
    const pg::ConnInfo info = test::shared_server().fresh_role();

    const Error error =
        test::caught([&] { const ScratchDatabase scratch({info.clone(), info.clone(), {}}); });

    EXPECT_EQ(error.kind(), ErrorKind::denied);
    EXPECT_THAT(error.hint(), HasSubstr("CREATEDB"));
}

TEST_F(ScratchTest, BelongsToTheRoleThatWorksInIt) {
    const pg::ConnInfo role = test::shared_server().fresh_role();
    const ScratchDatabase scratch(
        {test::shared_server().superuser(role.database), role.clone(), {"pg_trgm"}});

    pg::Connection session(scratch.login(), seconds(30));

    EXPECT_EQ(session
                  .query("SELECT pg_get_userbyid(datdba) = current_user FROM pg_database WHERE "
                         "datname = current_database()")
                  .value(0, 0),
              "t");
    EXPECT_EQ(
        session.query("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'").value(0, 0),
        "1");
}

}  // namespace
}  // namespace poststack::workflow
