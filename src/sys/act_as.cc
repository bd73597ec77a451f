#include "sys/act_as.h"

#include <cstdlib>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/errno_error.h"

namespace poststack::sys {
namespace {

/// setgroups(2) for this thread; the C library's function changes every thread.
bool set_thread_groups(const std::vector<gid_t>& groups) noexcept {
    return ::syscall(SYS_setgroups, groups.size(), groups.data()) == 0;
}

std::vector<gid_t> thread_groups() {
    const int count = ::getgroups(0, nullptr);
    std::vector<gid_t> groups(static_cast<std::size_t>(count > 0 ? count : 0));
    if (::getgroups(count, groups.data()) != count) throw_errno("read the groups of", "root");
    return groups;
}

}  // namespace

ActAs::ActAs(const Account& account) : active_(is_root() && account.uid != 0) {
    if (!active_) return;
    const std::vector<gid_t> groups = groups_of(account);
    previous_groups_ = thread_groups();
    if (!set_thread_groups(groups)) throw_errno("act as", account.name);
    previous_gid_ = static_cast<gid_t>(::setfsgid(account.gid));
    previous_uid_ = static_cast<uid_t>(::setfsuid(account.uid));
}

ActAs::~ActAs() {
    if (!active_) return;
    ::setfsuid(previous_uid_);
    ::setfsgid(previous_gid_);
    // It worked before with the same right. Going on with another's groups would be worse.
    if (!set_thread_groups(previous_groups_)) std::abort();
}

}  // namespace poststack::sys
