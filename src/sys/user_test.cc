#include "sys/user.h"

#include <algorithm>
#include <unistd.h>

#include <gtest/gtest.h>

#include "sys/file.h"

namespace poststack::sys {
namespace {

namespace fs = std::filesystem;

TEST(Account, OursIsTheEffectiveUser) {
    EXPECT_EQ(current_account().uid, ::geteuid());
    EXPECT_EQ(is_root(), ::geteuid() == 0);
}

TEST(Account, IsFoundByNameAndNumber) {
    const auto root = find_account("root");
    ASSERT_TRUE(root);
    EXPECT_EQ(root->uid, 0U);
    EXPECT_EQ(root->home, "/root");
    EXPECT_EQ(find_account(uid_t{0})->name, "root");
    EXPECT_FALSE(find_account("no-such-user-here"));
    EXPECT_FALSE(find_account(uid_t{4'000'000'000}));
}

TEST(Groups, HoldTheAccountsOwn) {
    const Account root = *find_account("root");
    const std::vector<gid_t> groups = groups_of(root);

    EXPECT_NE(std::ranges::find(groups, root.gid), groups.end());
    EXPECT_EQ(groups_of(Account{"", 123, 456, "/"}), (std::vector<gid_t>{456}));
}

TEST(CanReach, NeedsExecuteOnEveryFolder) {
    const TempDir folder("/tmp");
    const fs::path inner = folder.path() / "a" / "b";
    fs::create_directories(inner);
    const Account stranger{"", 54321, 54321, "/"};

    EXPECT_FALSE(can_reach(stranger, inner)) << "the temporary folder is 0700";
    fs::permissions(folder.path(), fs::perms(0711));
    EXPECT_TRUE(can_reach(stranger, inner));
    fs::permissions(folder.path() / "a", fs::perms(0750));
    EXPECT_FALSE(can_reach(stranger, inner));
    EXPECT_TRUE(can_reach(Account{"root", 0, 0, "/root"}, inner));
}

TEST(CanReach, UsesTheClassThatAppliesAlone) {
    const TempDir folder("/tmp");
    fs::permissions(folder.path(), fs::perms(0077));  // everybody but the owner
    const Account owner{"", ::geteuid() == 0 ? 54321U : ::geteuid(), 54321, "/"};
    if (::geteuid() == 0) {
        ASSERT_EQ(::chown(folder.path().c_str(), 54321, 54321), 0);
    }

    EXPECT_FALSE(can_reach(owner, folder.path()));
    EXPECT_TRUE(can_reach(Account{"", 11111, 11111, "/"}, folder.path()));
}

TEST(CanReach, FailsForWhatIsNoDirectory) {
    const Account stranger{"", 54321, 54321, "/"};

    EXPECT_FALSE(can_reach(stranger, "/no/such/place"));
    EXPECT_FALSE(can_reach(stranger, "/etc/passwd"));
}

}  // namespace
}  // namespace poststack::sys
