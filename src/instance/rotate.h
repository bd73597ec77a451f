// Changing the password of the stack's role, in the server and in .env, as one step.
//
// Two places cannot be changed at one instant, so a journal (state_dir/rotate.journal, 0600) holds
// both passwords from before the first change until after the proof of the last:
//
//   journal written -> ALTER ROLE -> .env replaced -> login with the new one -> journal removed
//
// Killed anywhere in between, recover_rotation() tries the new password and then the old one. When
// the server knows the new one the rotation is completed, when it knows the old one it is undone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "instance/credentials.h"
#include "pg/conninfo.h"

namespace poststack::instance {

struct RotateQuery {
    const config::Project& project;  ///< with state_dir on disk
    const config::Settings& settings;
    const config::Environment& environment;
    /// Where the project's own server listens (own_server.h); else what .env says.
    std::optional<std::uint16_t> port = {};
};

enum class Recovery { none, completed, undone };

struct RotateResult {
    std::string user;
    std::vector<std::string> written;  ///< variables of .env that hold something new
    std::vector<std::string> notices;
    Recovery recovered = Recovery::none;  ///< of an earlier rotation, before this one began
};

/// Gives the role a new random password.
///
/// Errors: config when the password also stands in the environment, which wins over .env; conflict
/// when .env was changed meanwhile (nothing is changed then); denied when the server knows another
/// password than .env (the hint names --repair); timeout when it is not reached; not_found when
/// there are no credentials.
[[nodiscard]] RotateResult rotate_password(const RotateQuery& query);

/// Gives the role the password that .env holds, logged in as `superuser`. Errors: as above.
void repair_password(const RotateQuery& query, const pg::ConnInfo& superuser);

/// True when a rotation was cut off. Cheap: commands ask before they read .env's password.
[[nodiscard]] bool has_unfinished_rotation(const config::Project& project);

/// Completes or undoes a rotation that was cut off; the server must be running. A journal of
/// nothing changed is removed. Errors: denied when the server knows neither password; timeout;
/// conflict when .env holds a third password.
Recovery recover_rotation(const RotateQuery& query);

/// What to tell the user about it; empty for none.
[[nodiscard]] std::string describe(Recovery recovery);

}  // namespace poststack::instance
