#include "supervise/accounts.h"

#include <cstdio>
#include <grp.h>
#include <limits>
#include <memory>
#include <pwd.h>

#include "base/text.h"

namespace poststack::supervise {
namespace {

struct Close {
    void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
};

using File = std::unique_ptr<std::FILE, Close>;

File open_file(const std::string& path) {
    return File(std::fopen(path.c_str(), "re"));
}

std::optional<std::uint32_t> find_number(std::string_view text) {
    const auto number = parse_integer(text);
    // The largest stands for "no change" in setresuid(2).
    if (!number || *number < 0 || *number >= std::numeric_limits<std::uint32_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(*number);
}

void take_groups(RunAs& account, const std::string& path) {
    account.groups = {account.gid};
    const File file = open_file(path);
    if (!file || account.name.empty()) return;
    while (const group* entry = ::fgetgrent(file.get())) {
        for (char** member = entry->gr_mem; member != nullptr && *member != nullptr; ++member) {
            if (account.name == *member && entry->gr_gid != account.gid) {
                account.groups.push_back(entry->gr_gid);
            }
        }
    }
}

}  // namespace

std::optional<gid_t> find_group(const std::string& text, const std::string& group_file) {
    if (const auto number = find_number(text)) return number;
    const File file = open_file(group_file);
    if (!file) return std::nullopt;
    while (const group* entry = ::fgetgrent(file.get())) {
        if (text == entry->gr_name) return entry->gr_gid;
    }
    return std::nullopt;
}

std::optional<RunAs> find_run_as(const std::string& text,
                                 const std::string& passwd_file,
                                 const std::string& group_file) {
    const std::size_t colon = text.find(':');
    const std::string who = text.substr(0, colon);
    const auto number = find_number(who);
    std::optional<RunAs> found;
    if (const File file = open_file(passwd_file)) {
        while (const passwd* entry = ::fgetpwent(file.get())) {
            if (number ? entry->pw_uid != *number : who != entry->pw_name) continue;
            found = RunAs{entry->pw_uid, entry->pw_gid, {}, entry->pw_name, entry->pw_dir};
            break;
        }
    }
    if (!found && number) found = RunAs{*number, *number, {}, {}, {}};
    if (!found) return std::nullopt;
    if (colon != std::string::npos) {
        const auto group = find_group(text.substr(colon + 1), group_file);
        if (!group) return std::nullopt;
        found->gid = *group;
    }
    take_groups(*found, group_file);
    return found;
}

}  // namespace poststack::supervise
