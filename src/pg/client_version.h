// Which libpq runs in this process.
#pragma once

#include <string>

namespace poststack::pg {

/// "15.20", "9.6.24": the version of the client library, without asking any server.
[[nodiscard]] std::string client_version();

}  // namespace poststack::pg
