#include "sys/act_as.h"

#include <sys/fsuid.h>
#include <unistd.h>

namespace poststack::sys {

ActAs::ActAs(const Account& account) noexcept : active_(is_root() && account.uid != 0) {
    if (!active_) return;
    // The group first: with the user's id gone, so is the right to change it.
    previous_gid_ = static_cast<gid_t>(::setfsgid(account.gid));
    previous_uid_ = static_cast<uid_t>(::setfsuid(account.uid));
}

ActAs::~ActAs() {
    if (!active_) return;
    ::setfsuid(previous_uid_);
    ::setfsgid(previous_gid_);
}

}  // namespace poststack::sys
