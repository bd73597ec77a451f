// Accounts from /etc/passwd and /etc/group themselves: a static program cannot use NSS, and a
// container often has neither a passwd entry nor a directory service.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace poststack::supervise {

struct RunAs {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
    std::string name;  ///< empty for a uid without passwd entry
    std::string home;  ///< empty for a uid without passwd entry

    bool operator==(const RunAs&) const = default;
};

/// Finds "name", "uid" or "uid:gid". A number needs no passwd entry; a name that has none is not
/// found.
[[nodiscard]] std::optional<RunAs> find_run_as(const std::string& text,
                                               const std::string& passwd = "/etc/passwd",
                                               const std::string& group = "/etc/group");

/// The number of a group, by name or number.
[[nodiscard]] std::optional<gid_t> find_group(const std::string& text,
                                              const std::string& group = "/etc/group");

}  // namespace poststack::supervise
