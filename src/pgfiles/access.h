// pg_hba.conf and pg_ident.conf: who may log in, and how.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace poststack::pgfiles {

/// The map in pg_ident.conf that lets operating system accounts be the superuser.
inline constexpr std::string_view ident_map = "poststack";

/// Renders pg_hba.conf: the superuser by peer through the map on the (0700) socket directory,
/// everybody else by scram-sha-256, TCP from the loopback addresses only.
[[nodiscard]] std::string render_hba(std::string_view superuser);

/// Renders pg_ident.conf: each of `accounts` may log in as `superuser`.
[[nodiscard]] std::string render_ident(std::string_view superuser,
                                       const std::vector<std::string>& accounts);

}  // namespace poststack::pgfiles
