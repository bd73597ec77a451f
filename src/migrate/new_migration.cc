#include "migrate/new_migration.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/files.h"

namespace poststack::migrate {
namespace {

constexpr std::size_t usual_digits = 3;

bool is_name_character(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           (static_cast<unsigned char>(c) & 0x80U) != 0;
}

/// "Add users!" -> "add_users".
std::string file_part(std::string_view name) {
    std::string part;
    for (const char c : to_lower(trim(name))) {
        if (is_name_character(c)) {
            part += c;
        } else if (!part.empty() && part.back() != '_') {
            part += '_';
        }
    }
    while (part.ends_with('_'))
        part.pop_back();
    const bool has_word =
        std::any_of(part.begin(), part.end(), [](char c) { return c != '_' && c != '-'; });
    if (has_word) return part;
    throw Error(ErrorKind::usage, fmt::format("\"{}\" does not make a file name", name))
        .hint("Name the migration by what it does, e.g. add_users.");
}

std::string next_digits(const MigrationSet& set) {
    std::size_t width = usual_digits;
    std::int64_t next = 1;
    for (const MigrationFile& file : set.files) {
        width = file.digits.size();
        next = file.version.number + 1;
    }
    return fmt::format("{:0{}}", next, width);
}

}  // namespace

NewMigration create_migration(const std::filesystem::path& directory,
                              const std::string& name,
                              std::optional<sys::Owner> owner) {
    const std::string part = file_part(name);
    sys::make_directories(directory);
    const sys::ReplaceOptions options{.mode = 0644, .owner = owner};
    constexpr int attempts = 100;  // somebody else may take the number meanwhile
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const std::string stem = next_digits(read_migrations(directory)) + "_" + part;
        NewMigration made{directory / (stem + ".sql"), directory / (stem + ".rollback.sql")};
        const std::string up = fmt::format("-- Description: {}\n\n", trim(name));
        const std::string down =
            fmt::format("-- Undoes {}.sql: leave the database as it was.\n\n", stem);
        if (!sys::create_file(made.migration, up, options)) continue;
        if (!sys::create_file(made.rollback, down, options)) {
            sys::remove_file(made.migration);
            throw Error(ErrorKind::conflict,
                        fmt::format("\"{}\" exists already", made.rollback.string()))
                .hint("Remove that file, or choose another name.");
        }
        return made;
    }
    throw Error(ErrorKind::conflict,
                fmt::format("no free migration number in \"{}\"", directory.string()));
}

}  // namespace poststack::migrate
