#include "supervise/accounts.h"

#include <cstdint>
#include <limits>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "sys/file.h"

namespace poststack::supervise {
namespace {

/// The lines of a file of records parted by colons, each cut into at least `least` fields.
std::vector<std::vector<std::string>> read_records(const std::string& path, std::size_t least) {
    std::vector<std::vector<std::string>> records;
    std::string text;
    try {
        text = sys::find_file(path, 16U << 20).value_or("");
    } catch (const Error&) {
        return records;  // not readable: as if nobody were listed
    }
    for (const std::string_view line : split(text, '\n')) {
        const auto fields = split(line, ':');
        if (fields.size() < least || line.starts_with('#')) continue;
        records.emplace_back(fields.begin(), fields.end());
    }
    return records;
}

std::optional<std::uint32_t> find_number(std::string_view text) {
    const auto number = parse_integer(text);
    // The largest stands for "no change" in setresuid(2).
    if (!number || *number < 0 || *number >= std::numeric_limits<std::uint32_t>::max()) {
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(*number);
}

/// name:password:gid:member,member
void take_groups(RunAs& account, const std::string& path) {
    account.groups = {account.gid};
    if (account.name.empty()) return;
    for (const auto& record : read_records(path, 4)) {
        const auto gid = find_number(record[2]);
        if (!gid || *gid == account.gid) continue;
        for (const std::string_view member : split(record[3], ',')) {
            if (member == account.name) account.groups.push_back(*gid);
        }
    }
}

}  // namespace

std::optional<gid_t> find_group(const std::string& text, const std::string& group_file) {
    if (const auto number = find_number(text)) return number;
    for (const auto& record : read_records(group_file, 3)) {
        if (record[0] == text) return find_number(record[2]);
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
    // name:password:uid:gid:comment:home:shell
    for (const auto& record : read_records(passwd_file, 7)) {
        const auto uid = find_number(record[2]);
        const auto gid = find_number(record[3]);
        if (!uid || !gid || (number ? *uid != *number : record[0] != who)) continue;
        found = RunAs{*uid, *gid, {}, record[0], record[5]};
        break;
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
