// Touching files as another account.
#pragma once

#include <sys/types.h>
#include <vector>

#include "sys/user.h"

namespace poststack::sys {

/// For as long as it lives, this thread's file system calls run with the rights of `account`: what
/// it makes belongs to the account, and what the account may not read cannot be read. Does nothing
/// unless we are root and the account is another one. Other threads are not affected. Root's own
/// supplementary groups are put away too: group root may read a lot.
///
/// This is how root works in directories that an unprivileged account can write: a symlink planted
/// there leads nowhere that the account could not go itself. Nests.
/// Source: setfsuid(2); credentials(7).
class ActAs {
  public:
    explicit ActAs(const Account& account);
    ActAs(const ActAs&) = delete;
    ActAs& operator=(const ActAs&) = delete;
    ~ActAs();

  private:
    bool active_ = false;
    std::vector<gid_t> previous_groups_;
    uid_t previous_uid_ = 0;
    gid_t previous_gid_ = 0;
};

}  // namespace poststack::sys
