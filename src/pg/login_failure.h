// Why a login failed, each reason with its own words, advice and exit code.
//
// libpq 15 has no call that returns the SQLSTATE of a failed login. The text of the server's
// refusal is translated by the server (lc_messages), so its words are no ground to stand on; with
// PQERRORS_VERBOSE libpq adds the SQLSTATE and the name of the function that raised it, which are
// not translated. Errors that libpq itself or the kernel raise are compared while this thread's
// locale is "C".
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "pg/conninfo.h"

namespace poststack::pg {

enum class LoginFailure {
    unresolved,       ///< timeout 7: the host name has no address
    no_route,         ///< timeout 7: network or host unreachable
    refused,          ///< timeout 7, retryable: nothing listens on the port
    socket_missing,   ///< timeout 7, retryable: no socket file, or nobody behind it
    socket_denied,    ///< denied 6: no permission on the socket
    starting,         ///< timeout 7, retryable: starting, stopping, in recovery (57P03)
    wrong_password,   ///< denied 6: 28P01; the server does not tell it from an unknown role
    no_password,      ///< denied 6: the server wants one, none was given
    rejected,         ///< denied 6: no rule of pg_hba.conf lets this login in (28000)
    identity,         ///< denied 6: peer, ident or certificate names somebody else (28000)
    role_missing,     ///< denied 6: no such role, or it may not log in (28000)
    no_privilege,     ///< denied 6: no CONNECT privilege on the database (42501)
    no_database,      ///< not_found 4: 3D000
    too_many,         ///< database 9, retryable: 53300
    tls_required,     ///< config 3: the server takes this login only with TLS
    tls_not_offered,  ///< config 3: sslmode wants TLS, the server has none
    tls_failed,       ///< config 3: the handshake or the certificate check failed
    not_postgres,     ///< config 3: something else listens there
    timed_out,        ///< timeout 7, retryable
    closed,           ///< timeout 7, retryable: the server hung up during the login
    server,           ///< database 9: any other refusal by the server
    other,            ///< tool 8: anything else libpq says
};

/// A short stable name for JSON: "wrong_password".
[[nodiscard]] std::string_view name(LoginFailure failure) noexcept;

/// What libpq knows about a failed attempt.
struct LoginReport {
    std::string text;             ///< PQerrorMessage, verbose, C locale
    bool needs_password = false;  ///< the server asked for a password and none was offered
};

struct LoginDiagnosis {
    LoginFailure failure = LoginFailure::other;
    std::string sqlstate;  ///< empty when the server did not answer
    std::string reason;    ///< one line of the server's or libpq's own text
};

/// Judges `report`; a pure function.
[[nodiscard]] LoginDiagnosis diagnose(const LoginReport& report);

/// The Error for `diagnosis`.
[[nodiscard]] Error login_error(const LoginDiagnosis& diagnosis, const ConnInfo& info);

}  // namespace poststack::pg
