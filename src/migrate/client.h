// Who runs this program, as the ledger records it.
#pragma once

#include <string>

namespace poststack::migrate {

struct Client {
    std::string user;  ///< account of the operating system
    std::string host;  ///< name of the machine
};

[[nodiscard]] Client current_client();

/// The version of this build, e.g. "0.1.0".
[[nodiscard]] std::string poststack_version();

}  // namespace poststack::migrate
