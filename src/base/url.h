// Database URLs: postgresql://user:password@host:port/database?key=value
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"

namespace poststack {

/// The parts of a database URL, decoded.
///
/// Accepts postgres, postgresql, postgresql+DRIVER and jdbc:postgresql. A host may be a name, an
/// IPv4 or [IPv6] address, a percent-encoded socket directory, or empty.
/// Source: PostgreSQL manual 34.1.1.2 (connection URIs); SQLAlchemy and JDBC URL documentation.
struct DatabaseUrl {
    std::string scheme = "postgresql";
    std::string user;
    Secret password;
    std::string host;
    std::optional<int> port;
    std::string database;
    std::vector<std::pair<std::string, std::string>> parameters;

    /// Parses `text`. Errors: ErrorKind::config naming the part that is wrong; the message never
    /// holds the password. `origin` says where the URL was found, e.g. "DATABASE_URL in .env".
    [[nodiscard]] static DatabaseUrl parse(std::string_view text, std::string_view origin);

    [[nodiscard]] DatabaseUrl clone() const;

    /// Writes the URL under `scheme`, every part percent-encoded; "jdbc" gives
    /// jdbc:postgresql://host:port/db?user=..&password=.. . Errors: usage for an unknown scheme.
    [[nodiscard]] Secret to_text(std::string_view as_scheme) const;

    /// The same with the password shown as "***": safe to print.
    [[nodiscard]] std::string to_masked_text(std::string_view as_scheme) const;
};

/// The schemes to_text() knows, for help and error texts.
[[nodiscard]] const std::vector<std::string>& url_schemes();

}  // namespace poststack
