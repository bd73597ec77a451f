// Writing an empty migration and its rollback.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "sys/file.h"

namespace poststack::migrate {

struct NewMigration {
    std::filesystem::path migration;
    std::filesystem::path rollback;
};

/// Makes the next free NNN_name.sql and NNN_name.rollback.sql in `directory`, which is made when
/// missing; never touches a file that is there. `name` may hold blanks; they become "_".
///
/// Errors: usage for a name without letters or digits; config as read_migrations(); denied, io.
[[nodiscard]] NewMigration create_migration(const std::filesystem::path& directory,
                                            const std::string& name,
                                            std::optional<sys::Owner> owner = std::nullopt);

}  // namespace poststack::migrate
