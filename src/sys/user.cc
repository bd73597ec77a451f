#include "sys/user.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "sys/errno_error.h"

namespace poststack::sys {
namespace {

/// Calls getpwnam_r or getpwuid_r with a buffer that is large enough.
template <class Lookup>
std::optional<Account> look_up(const Lookup& lookup) {
    std::vector<char> buffer(1024);
    for (;;) {
        passwd entry{};
        passwd* found = nullptr;
        const int code = lookup(&entry, buffer.data(), buffer.size(), &found);
        if (code == ERANGE && buffer.size() < (1U << 20)) {
            buffer.resize(buffer.size() * 2);
            continue;
        }
        if (code == EINTR) continue;
        if (found == nullptr) return std::nullopt;  // also when the directory service is down
        return Account{entry.pw_name, entry.pw_uid, entry.pw_gid, entry.pw_dir};
    }
}

}  // namespace

Account current_account() {
    const uid_t uid = ::geteuid();
    return find_account(uid).value_or(Account{"", uid, ::getegid(), "/"});
}

std::optional<Account> find_account(const std::string& name) {
    return look_up([&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
        return ::getpwnam_r(name.c_str(), entry, buffer, size, found);
    });
}

std::optional<Account> find_account(uid_t uid) {
    return look_up([&](passwd* entry, char* buffer, std::size_t size, passwd** found) {
        return ::getpwuid_r(uid, entry, buffer, size, found);
    });
}

bool is_root() noexcept {
    return ::geteuid() == 0;
}

std::string host_name() {
    struct utsname names{};
    return ::uname(&names) == 0 ? names.nodename : "localhost";
}

std::vector<gid_t> groups_of(const Account& account) {
    if (account.name.empty()) return {account.gid};
    int count = 32;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    while (::getgrouplist(account.name.c_str(), account.gid, groups.data(), &count) < 0) {
        groups.resize(std::max(static_cast<std::size_t>(count), groups.size() * 2));
        count = static_cast<int>(groups.size());
    }
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

bool can_reach(const Account& account, const std::filesystem::path& directory) {
    if (account.uid == 0) return true;
    const std::vector<gid_t> groups = groups_of(account);
    std::filesystem::path step;
    for (const auto& part : std::filesystem::absolute(directory).lexically_normal()) {
        step /= part;
        struct stat raw{};
        if (::stat(step.c_str(), &raw) < 0 || !S_ISDIR(raw.st_mode)) return false;
        mode_t needed = S_IXOTH;
        if (raw.st_uid == account.uid) {
            needed = S_IXUSR;
        } else if (std::ranges::find(groups, raw.st_gid) != groups.end()) {
            needed = S_IXGRP;
        }
        if ((raw.st_mode & needed) == 0) return false;
    }
    return true;
}

}  // namespace poststack::sys
