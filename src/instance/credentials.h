// The credentials of a stack: made once, kept in .env, reused ever after.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/url.h"
#include "config/env_file.h"
#include "config/project.h"
#include "config/settings.h"
#include "sys/file.h"

namespace poststack::instance {

/// The names under which .env holds the credentials (setting `credentials` and `*_variable`).
struct CredentialNames {
    std::string set;       ///< "postgres", "hive", "semantik"
    std::string user;      ///< POSTGRES_USER
    std::string password;  ///< POSTGRES_PASSWORD
    std::string database;  ///< POSTGRES_DB
    std::string host;      ///< "" when the set has none
    std::string port;      ///< "" when the set has none
    std::string url;       ///< DATABASE_URL, HIVE_DATABASE_URL
    std::string url_scheme;
    std::string api_key;  ///< "" when the set has none
    std::uint16_t default_port = 5432;
};

[[nodiscard]] CredentialNames credential_names(const config::Settings& settings);

/// The login of the stack's own database.
struct Credentials {
    std::string user;
    Secret password;
    std::string database;
    std::string host;                   ///< "localhost" unless set
    std::optional<std::uint16_t> port;  ///< nothing until one was picked or set

    // Where each came from: ".env:4", "environment POSTGRES_USER", "default".
    std::string user_source;
    std::string password_source;
    std::string database_source;

    [[nodiscard]] Credentials clone() const;
    [[nodiscard]] DatabaseUrl url() const;
};

/// What the caller should tell the user besides the result.
struct EnsuredCredentials {
    Credentials credentials;
    bool created = false;              ///< something was written to .env
    std::vector<std::string> written;  ///< the names that were written
    std::vector<std::string> notices;  ///< placeholders replaced, a short password, ...
};

/// Makes what is missing and writes it to .env; what is there stays as it is.
///
/// Reads .env afresh under a lock, so that of two callers at once one makes the password and the
/// other uses it. A placeholder of a sample file counts as missing and is named in the notices.
/// Errors: config for contradictions, both places named; conflict when the lock is not free in
/// time; denied, io.
[[nodiscard]] EnsuredCredentials ensure_credentials(const config::Project& project,
                                                    const config::Settings& settings,
                                                    const config::Environment& environment);

/// The credentials as they are, without making any; nothing when there is no password yet.
/// Errors: config as above.
[[nodiscard]] std::optional<Credentials> find_credentials(const config::EnvFile& env,
                                                          const config::Project& project,
                                                          const config::Settings& settings,
                                                          const config::Environment& environment);

/// Writes the picked port to .env (POSTSTACK_POSTGRES_HOST_PORT, the set's own port variable) and
/// brings the URL there in line. True when something changed. Errors: conflict, denied, io.
bool record_port(const config::Project& project,
                 const config::Settings& settings,
                 const config::Environment& environment,
                 std::uint16_t port);

/// Takes the lock under which .env's credentials are changed; state_dir exists. Errors: conflict,
/// naming the holder, after the setting lock_wait; denied, io.
[[nodiscard]] sys::FileLock lock_credentials(const config::Project& project,
                                             const config::Settings& settings);

/// True for what sample files put where a password belongs ("change-me", "<password>", ...).
[[nodiscard]] bool is_placeholder(std::string_view value);

}  // namespace poststack::instance
