// Accounts of this machine.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace poststack::sys {

struct Account {
    std::string name;  ///< empty for a uid without passwd entry
    uid_t uid = 0;
    gid_t gid = 0;
    std::filesystem::path home;
};

/// The account this process runs as (effective uid), also without a passwd entry.
[[nodiscard]] Account current_account();
[[nodiscard]] std::optional<Account> find_account(const std::string& name);
[[nodiscard]] std::optional<Account> find_account(uid_t uid);
[[nodiscard]] bool is_root() noexcept;

/// The name of this machine, as uname(2) tells it.
[[nodiscard]] std::string host_name();

/// The groups of `account`: its own and every group that lists it.
[[nodiscard]] std::vector<gid_t> groups_of(const Account& account);

/// True when `account` may enter `directory` and every parent of it (execute permission by owner,
/// group or others; ACLs are not looked at).
[[nodiscard]] bool can_reach(const Account& account, const std::filesystem::path& directory);

}  // namespace poststack::sys
