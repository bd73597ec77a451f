// Which libpq runs in this process.
#pragma once

#include <string>

namespace poststack::pg {

/// "15.20": the version of the client library, without asking any server; loads the library.
///
/// Errors: not_found when there is none, or one that is too old (pg/libpq_table.h).
[[nodiscard]] std::string client_version();

}  // namespace poststack::pg
