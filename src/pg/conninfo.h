// Where and as whom to connect, as keys and values.
//
// libpq quotes malformed connection strings in its messages, passwords included, so a string is
// never built: Connection hands libpq arrays of keys and values made from ConnInfo.
//
// What the user's environment may change is explicit. Every key that names the target, the role or
// the session's behaviour is set, so PGHOST, PGHOSTADDR, PGPORT, PGDATABASE, PGUSER, PGOPTIONS,
// PGCLIENTENCODING and PGTARGETSESSIONATTRS have no effect, and ~/.pgpass is never read. libpq
// still honours PGPASSWORD (only while `password` is empty), PGSSLMODE and the other PGSSL*
// variables (only while the URL does not say otherwise) and, because they cannot be switched off by
// a key, PGSERVICE, PGTZ, PGDATESTYLE and PGGEQO: a program calls forget_environment() first.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"
#include "base/url.h"

namespace poststack::pg {

struct ConnInfo {
    std::string host;  ///< name, address, or socket directory (begins with "/")
    int port = 5432;
    std::string database;
    std::string user;
    Secret password;  ///< empty: none is offered
    std::string application_name = "poststack";
    std::string sslmode;  ///< empty: PGSSLMODE, else libpq's "prefer"
    std::string options;  ///< server options, e.g. "-c lock_timeout=5s"
    std::optional<std::chrono::seconds> connect_timeout;  ///< what the URL asked for
    std::vector<std::pair<std::string, std::string>>
        extra;  ///< further libpq keys, e.g. sslrootcert

    /// Reads a URL; what it leaves out becomes the local socket directory, port 5432, the account
    /// of this process, and the database of the role's name.
    ///
    /// Errors: config for a parameter libpq does not know ("did you mean" included), for "service",
    /// and for a parameter that contradicts the URL's own part. `origin` is where the URL was
    /// found.
    [[nodiscard]] static ConnInfo from_url(const DatabaseUrl& url, std::string_view origin = {});

    [[nodiscard]] ConnInfo clone() const;

    /// The same login on another database.
    [[nodiscard]] ConnInfo with_database(std::string name) const;

    [[nodiscard]] bool is_socket() const noexcept { return host.starts_with('/'); }

    /// `"127.0.0.1:5432"` or `"/run/x/.s.PGSQL.5432"`: for messages, quoted.
    [[nodiscard]] std::string address() const;
};

/// The login as environment variables for a client program (psql, pg_dump): PGHOST, PGPORT, ...,
/// PGPASSWORD. Keys that libpq reads from no variable are left out.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> client_environment(
    const ConnInfo& info);

/// The variables that could change where a client connects or how a session behaves: to be
/// removed from such a program's environment.
[[nodiscard]] std::vector<std::string> environment_to_forget();

/// Removes every PG* variable from this process's environment that could change where poststack
/// connects or how a session behaves. Call from main, before there are threads.
void forget_environment();

}  // namespace poststack::pg
