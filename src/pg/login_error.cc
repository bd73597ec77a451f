// The words for each reason of a failed login. docs/errors.md lists them.
#include <fmt/format.h>

#include "pg/login_failure.h"

namespace poststack::pg {

namespace {

/// Kind, message, hint and whether waiting can help.
struct Words {
    ErrorKind kind;
    std::string message;
    std::string hint;
    bool retryable = false;
};

std::string shown_role(const ConnInfo& info) {
    return info.user.empty() ? std::string("the role") : fmt::format("role \"{}\"", info.user);
}

Words reaching(LoginFailure failure, const std::string& reason, const ConnInfo& info) {
    const std::string at = info.address();
    switch (failure) {
        case LoginFailure::unresolved:
            return {ErrorKind::timeout,
                    fmt::format("host \"{}\" has no address: {}", info.host, reason),
                    "Check the spelling of the host in the database URL, and the name server."};
        case LoginFailure::no_route:
            return {ErrorKind::timeout,
                    fmt::format("no route to {}: {}", at, reason),
                    "Check the address in the database URL and the network of this machine."};
        case LoginFailure::refused:
            return {ErrorKind::timeout,
                    fmt::format("nothing listens at {}: the port is closed", at),
                    "Start the server with \"poststack up\", or correct host and port in the "
                    "database URL.",
                    true};
        case LoginFailure::socket_missing:
            return {ErrorKind::timeout,
                    fmt::format("no server is behind the socket {}", at),
                    "Start the server with \"poststack up\", or correct the socket directory.",
                    true};
        case LoginFailure::socket_denied:
            return {ErrorKind::denied,
                    fmt::format("no permission to use the socket {}", at),
                    "Run the command as the account that owns the socket directory."};
        case LoginFailure::timed_out:
            return {ErrorKind::timeout,
                    fmt::format("no answer from {} in time", at),
                    "Check that a firewall does not drop the packets and that the server is not "
                    "overloaded; a longer connect_timeout in the URL waits longer.",
                    true};
        case LoginFailure::closed:
            return {ErrorKind::timeout,
                    fmt::format("{} closed the connection during the login", at),
                    "Look into the server's log (\"poststack logs\"); a restart in this moment "
                    "does this too.",
                    true};
        default:
            return {ErrorKind::config,
                    fmt::format("what listens at {} is not PostgreSQL: {}", at, reason),
                    "Correct the port in the database URL; \"ss -ltnp\" shows who listens."};
    }
}

Words securing(LoginFailure failure, const std::string& reason, const ConnInfo& info) {
    const std::string at = info.address();
    switch (failure) {
        case LoginFailure::tls_required:
            return {ErrorKind::config,
                    fmt::format("the server at {} takes {} only with TLS", at, shown_role(info)),
                    "Add sslmode=require (or verify-full with sslrootcert) to the database URL."};
        case LoginFailure::tls_not_offered:
            return {ErrorKind::config,
                    fmt::format("sslmode asks for TLS, but the server at {} offers none", at),
                    "Set ssl = on on the server, or sslmode=prefer in the database URL where the "
                    "network is trusted."};
        default:
            return {ErrorKind::config,
                    fmt::format("TLS with {} failed: {}", at, reason),
                    "Check sslmode, sslrootcert and the server's certificate."};
    }
}

Words logging_in(LoginFailure failure, const std::string& reason, const ConnInfo& info) {
    const std::string at = info.address();
    const std::string role = shown_role(info);
    switch (failure) {
        case LoginFailure::wrong_password:
            return {ErrorKind::denied,
                    fmt::format("wrong password for {} at {}, or no such role", role, at),
                    "Correct the password in .env or in the database URL; \"poststack credentials "
                    "check\" tests it."};
        case LoginFailure::no_password:
            return {
                ErrorKind::denied,
                fmt::format("the server at {} wants a password for {} and none is set", at, role),
                "Put the password into .env (POSTGRES_PASSWORD) or into the database URL."};
        case LoginFailure::rejected:
            return {ErrorKind::denied,
                    fmt::format("pg_hba.conf of the server at {} does not admit {} to database "
                                "\"{}\": {}",
                                at,
                                role,
                                info.database,
                                reason),
                    "Add a rule for this host, role and database to pg_hba.conf and reload."};
        case LoginFailure::identity:
            return {ErrorKind::denied,
                    fmt::format(
                        "the server at {} does not take this account for {}: {}", at, role, reason),
                    "Connect over TCP with a password, or map the account in pg_ident.conf."};
        case LoginFailure::role_missing:
            return {ErrorKind::denied,
                    fmt::format("{} cannot log in at {}: {}", role, at, reason),
                    "Create the role (\"poststack up\" does), or correct the user in the URL."};
        case LoginFailure::no_privilege:
            return {ErrorKind::denied,
                    fmt::format("{} may not connect to database \"{}\" at {}: {}",
                                role,
                                info.database,
                                at,
                                reason),
                    "As its owner, grant it: GRANT CONNECT ON DATABASE ... TO ..."};
        default:
            return {ErrorKind::not_found,
                    fmt::format("no database \"{}\" on the server at {}", info.database, at),
                    "Create it (\"poststack up\" does), or correct the name in the URL."};
    }
}

Words refused_by_server(LoginFailure failure, const std::string& reason, const ConnInfo& info) {
    const std::string at = info.address();
    switch (failure) {
        case LoginFailure::starting:
            return {ErrorKind::timeout,
                    fmt::format("the server at {} accepts no sessions now: {}", at, reason),
                    "Try again in a moment; \"poststack health\" says when it is ready.",
                    true};
        case LoginFailure::too_many:
            return {ErrorKind::database,
                    fmt::format("the server at {} has no connection left: {}", at, reason),
                    "Close idle sessions, lower DB_POOL_SIZE, or raise max_connections.",
                    true};
        case LoginFailure::server:
            return {ErrorKind::database,
                    fmt::format("the server at {} refused the login: {}", at, reason),
                    {}};
        default:
            // libpq's word for an option of the URL that it does not take.
            if (reason.starts_with("invalid ") && reason.find(" value") != std::string::npos) {
                return {ErrorKind::config,
                        fmt::format("cannot connect to {}: {}", at, reason),
                        "Correct the parameter in the database URL."};
            }
            return {ErrorKind::tool, fmt::format("cannot connect to {}: {}", at, reason), {}};
    }
}

Words words_for(LoginFailure failure, const std::string& reason, const ConnInfo& info) {
    switch (failure) {
        case LoginFailure::unresolved:
        case LoginFailure::no_route:
        case LoginFailure::refused:
        case LoginFailure::socket_missing:
        case LoginFailure::socket_denied:
        case LoginFailure::timed_out:
        case LoginFailure::closed:
        case LoginFailure::not_postgres: return reaching(failure, reason, info);
        case LoginFailure::tls_required:
        case LoginFailure::tls_not_offered:
        case LoginFailure::tls_failed: return securing(failure, reason, info);
        case LoginFailure::starting:
        case LoginFailure::too_many:
        case LoginFailure::server:
        case LoginFailure::other: return refused_by_server(failure, reason, info);
        default: return logging_in(failure, reason, info);
    }
}

}  // namespace

Error login_error(const LoginDiagnosis& diagnosis, const ConnInfo& info) {
    Words words = words_for(diagnosis.failure, diagnosis.reason, info);
    Error error = Error(words.kind, std::move(words.message))
                      .hint(std::move(words.hint))
                      .sqlstate(diagnosis.sqlstate);
    if (words.retryable) return std::move(error).retryable();
    return error;
}

}  // namespace poststack::pg
