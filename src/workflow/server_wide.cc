#include "workflow/server_wide.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"
#include "sys/file.h"

namespace poststack::workflow {

namespace {

constexpr std::array<std::string_view, 12> words = {"role",
                                                    "user",
                                                    "group",
                                                    "database",
                                                    "tablespace",
                                                    "subscription",
                                                    "system",
                                                    "owned",
                                                    "parameter",
                                                    "server",
                                                    "program",
                                                    "prepared"};

/// Parts of function names.
constexpr std::array<std::string_view, 3> parts = {"dblink", "replication_slot", "pg_terminate"};

bool belongs_to_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

}  // namespace

bool mentions_server(std::string_view text) {
    const std::string lower = to_lower(text);
    if (std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
            return lower.find(part) != std::string::npos;
        }))
        return true;
    auto from = lower.begin();
    while ((from = std::find_if(from, lower.end(), belongs_to_word)) != lower.end()) {
        const auto end = std::find_if_not(from, lower.end(), belongs_to_word);
        if (std::find(words.begin(), words.end(), std::string_view(from, end)) != words.end())
            return true;
        from = end;
    }
    return false;
}

bool may_change_server(const migrate::MigrationSet& set, const migrate::MigrationFile& file) {
    if (mentions_server(sys::read_file(set.path(file.file_name)))) return true;
    return !file.rollback_file.empty() &&
           mentions_server(sys::read_file(set.path(file.rollback_file)));
}

}  // namespace poststack::workflow
