#include "instance/place.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "support/caught.h"
#include "support/in_child.h"
#include "sys/file.h"

namespace poststack::instance {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ChoosePlace : public testing::Test {
  protected:
    ChoosePlace() {
        ::chmod(folder.path().c_str(), 0755);
        query.project = folder.path();
        query.state = folder.path() / ".poststack";
        query.logs = folder.path() / "logs";
        query.project_id = "0b2a5a5e-7d3c-4c7e-9a53-3a9f1c4f8a11";
    }

    /// As an unprivileged user, in a process of its own: returns true when `body` does.
    template <class Body>
    static bool as_user(const Body& body) {
        return test::in_child([&] {
                   if (::geteuid() == 0) {
                       const auto nobody = sys::find_account("nobody");
                       if (!nobody || ::setgroups(0, nullptr) != 0 || ::setgid(nobody->gid) != 0 ||
                           ::setuid(nobody->uid) != 0) {
                           return 2;
                       }
                   }
                   return body() ? 0 : 1;
               }) == 0;
    }

    sys::TempDir folder;
    PlaceQuery query;
};

TEST_F(ChoosePlace, KeepsAUsersDataInTheProject) {
    EXPECT_TRUE(as_user([&] {
        const Place place = choose_place(query);
        return place.base == query.state / "postgres" && place.data == place.base / "data" &&
               place.log_file() == query.logs / "database" / "postgresql.log" &&
               !place.switch_account && place.account.uid == ::geteuid();
    }));
}

TEST_F(ChoosePlace, TakesAUsersCacheFromTheEnvironment) {
    query.environment = {{"XDG_CACHE_HOME", "/somewhere/cache"}};
    EXPECT_TRUE(as_user([&] { return choose_place(query).cache == "/somewhere/cache/poststack"; }));

    query.environment = {{"XDG_CACHE_HOME", "relative"}, {"HOME", "/not/mine"}};
    EXPECT_TRUE(as_user([&] {
        return choose_place(query).cache ==
               "/tmp/poststack-" + std::to_string(::geteuid()) + "/cache";
    }));
}

TEST_F(ChoosePlace, PutsSocketsWhereTheyFit) {
    EXPECT_TRUE(as_user([&] {
        PlaceQuery mine = query;
        const sys::TempDir runtime;
        mine.environment = {{"XDG_RUNTIME_DIR", runtime.path().string()}};
        const bool used = choose_place(mine).socket_parent == runtime.path() / "poststack";

        const fs::path deep = runtime.path() / std::string(90, 'd');
        sys::make_directories(deep, 0700);
        mine.environment = {{"XDG_RUNTIME_DIR", deep.string()}};
        return used &&
               choose_place(mine).socket_parent == "/tmp/poststack-" + std::to_string(::geteuid());
    }));
}

TEST_F(ChoosePlace, DoesNotPutSocketsIntoAFolderOfSomebodyElse) {
    query.environment = {{"XDG_RUNTIME_DIR", "/"}};
    EXPECT_TRUE(as_user([&] {
        return choose_place(query).socket_parent == "/tmp/poststack-" + std::to_string(::geteuid());
    }));
}

class ChoosePlaceByRoot : public ChoosePlace {
  protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    }
};

TEST_F(ChoosePlaceByRoot, RunsAsTheProjectsOwner) {
    const auto nobody = sys::find_account("nobody");
    ASSERT_TRUE(nobody);
    ASSERT_EQ(::chown(folder.path().c_str(), nobody->uid, nobody->gid), 0);

    const Place place = choose_place(query);

    EXPECT_TRUE(place.switch_account);
    EXPECT_EQ(place.account.uid, nobody->uid);
    EXPECT_EQ(place.base, query.state / "postgres");
    EXPECT_EQ(place.cache, "/var/cache/poststack/" + std::to_string(nobody->uid));
    EXPECT_EQ(place.socket_parent, "/run/poststack");
}

TEST_F(ChoosePlaceByRoot, KeepsDataOutsideOfWhatTheAccountCannotEnter) {
    query.account = "nobody";
    ASSERT_EQ(::chmod(folder.path().c_str(), 0700), 0);

    EXPECT_EQ(choose_place(query).base, "/var/lib/poststack/" + query.project_id);

    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
    EXPECT_EQ(choose_place(query).base, query.state / "postgres");
}

TEST_F(ChoosePlaceByRoot, LeavesDataWhereItIs) {
    query.account = "nobody";
    sys::make_directories(query.state / "postgres" / "data");
    sys::replace_file(query.state / "postgres" / "data" / "PG_VERSION", "15\n");
    ASSERT_EQ(::chmod(folder.path().c_str(), 0700), 0);

    EXPECT_EQ(choose_place(query).base, query.state / "postgres");
}

TEST_F(ChoosePlaceByRoot, RefusesToRunAsRootOrAsNobodyAtAll) {
    query.account = "root";
    const Error root = test::caught([&] { (void)choose_place(query); });
    query.account = "no-such-account-here";
    const Error missing = test::caught([&] { (void)choose_place(query); });

    EXPECT_EQ(root.kind(), ErrorKind::config);
    EXPECT_THAT(root.message(), HasSubstr("PostgreSQL refuses root"));
    EXPECT_EQ(missing.kind(), ErrorKind::config);
    EXPECT_THAT(missing.message(), HasSubstr("no such account"));
}

}  // namespace
}  // namespace poststack::instance
