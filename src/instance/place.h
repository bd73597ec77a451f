// Where the parts of a native server live, and as whom it runs.
//
// PostgreSQL refuses root, so run by root it uses another account: the project's owner, else
// `postgres`. That account must reach the data; when it cannot enter the project (a home directory
// that is 0700, say), data goes to /var/lib/poststack/<project id>. See docs/native.md.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "sys/user.h"

namespace poststack::instance {

struct Place {
    sys::Account account;                 ///< runs the server and owns its files
    bool switch_account = false;          ///< we are root and become `account`
    std::filesystem::path base;           ///< DIR/.poststack/postgres or /var/lib/poststack/<id>
    std::filesystem::path data;           ///< base/data: PGDATA
    std::filesystem::path log_directory;  ///< holds postgresql.log
    std::filesystem::path cache;          ///< templates and versions, of this account
    std::filesystem::path socket_parent;  ///< the private directory of sockets

    /// The server's log file.
    [[nodiscard]] std::filesystem::path log_file() const {
        return log_directory / "postgresql.log";
    }
};

/// What decides the place.
struct PlaceQuery {
    std::filesystem::path project;                   ///< absolute
    std::filesystem::path state;                     ///< project/.poststack; made when missing
    std::filesystem::path logs;                      ///< the project's log directory
    std::string project_id;                          ///< UUID
    std::map<std::string, std::string> environment;  ///< HOME, XDG_RUNTIME_DIR, XDG_CACHE_HOME
    std::optional<std::string> account;  ///< the setting: run as this account (root only)
};

/// Chooses; makes nothing. Errors: not_found when there is no account to run as; config when the
/// data directory would lie on a file system that cannot hold one (a Windows drive under WSL).
[[nodiscard]] Place choose_place(const PlaceQuery& query);

/// Makes the place's directories with owner and mode (0700). Errors: denied, io.
void prepare(const Place& place);

/// Makes the directory of the server's log when it is missing. Errors: denied, io.
void prepare_logs(const Place& place);

/// Makes (when missing) and returns the directory for the sockets of instance `instance_id`, short
/// enough for every socket in it (sys::max_socket_path). Errors: denied, io.
[[nodiscard]] std::filesystem::path make_socket_directory(const Place& place,
                                                          const std::string& instance_id);

}  // namespace poststack::instance
