// Who holds the migration locks of a database, and whether that is anybody alive.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "migrate/ledger_place.h"
#include "pg/connection.h"

namespace poststack::migrate {

// The two-key form of advisory locks: "post" in ASCII, then which lock.
inline constexpr int lock_class = 0x706f7374;
inline constexpr int session_lock_key = 1;
inline constexpr int work_lock_key = 2;

// The classes of a schema's own locks, whose key is made of its name.
inline constexpr int schema_turn_class = lock_class + 1;
inline constexpr int schema_work_class = lock_class + 2;

/// One session of the server that holds a migration lock.
struct LockHolder {
    int server_pid = 0;
    bool holds_turn = false;  ///< the session lock; otherwise the work lock
    std::string role;
    std::string address;      ///< client's, "this machine" for a socket
    std::string client_host;  ///< of its poststack, "" when it did not say
    int client_pid = 0;       ///< 0: not known
    std::string since;        ///< RFC 3339, UTC: when the session began
    std::string state;        ///< "active", "idle", ...
    std::string query;        ///< what it runs or ran last, one line
    std::string query_since;  ///< when that began
    std::string stale;        ///< why nobody needs it any more; "" when it may be in use

    /// `role "shop" from 10.0.0.7 (server process 812, poststack 4711 on web1), connected since
    /// ..., running: ...`
    [[nodiscard]] std::string describe() const;
};

/// The holders in the connection's database, those of the turn first: of the locks `keys`, or of
/// all there are.
[[nodiscard]] std::vector<LockHolder> find_holders(pg::Connection& connection,
                                                   const std::optional<LockKeys>& keys = {});

/// Ends the session of `holder`. False when it is gone already.
/// Errors: denied when this role may not end it.
bool end_session(pg::Connection& connection, const LockHolder& holder);

/// "poststack migrate 4711@web1": names a session after this process.
[[nodiscard]] std::string session_name(std::string_view purpose);

}  // namespace poststack::migrate
