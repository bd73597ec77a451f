// How a connection pool behaves.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace poststack {

/// The settings of a Pool. Times of zero switch the limit off unless said otherwise.
struct PoolSettings {
    int size = 20;          ///< connections kept open (DB_POOL_SIZE), at least 1
    int max_overflow = 40;  ///< more under load, closed when returned (DB_MAX_OVERFLOW)
    std::chrono::milliseconds timeout{30'000};     ///< wait for a connection (DB_POOL_TIMEOUT)
    std::chrono::milliseconds recycle{3'600'000};  ///< replaced at this age (DB_POOL_RECYCLE)
    bool pre_ping = true;  ///< ask an idle connection before it is lent (DB_POOL_PRE_PING)
    std::chrono::milliseconds ping_after{1'000};      ///< idle time that makes a ping worth it
    std::chrono::milliseconds query_timeout{30'000};  ///< statement_timeout (DB_QUERY_TIMEOUT)
    std::chrono::milliseconds lock_timeout{5'000};    ///< lock_timeout (DB_LOCK_TIMEOUT)
    /// idle_in_transaction_session_timeout (DB_IDLE_TIMEOUT)
    std::chrono::milliseconds idle_timeout{60'000};
    std::chrono::milliseconds connect_timeout{10'000};  ///< one attempt to connect; not zero
    int retry_limit = 3;  ///< further attempts after a retryable failure (DB_RETRY_LIMIT)
    /// Before the first of them; doubles, at most 30 s, with jitter (DB_RETRY_INTERVAL).
    std::chrono::milliseconds retry_interval{500};
    bool jit = false;                            ///< the server's jit for these sessions
    std::string application_name = "poststack";  ///< shown in pg_stat_activity

    /// Reads the DB_* variables of the environment; times are in seconds ("0.5" is allowed).
    /// Errors: config naming the variable. Not safe while another thread changes the environment.
    [[nodiscard]] static PoolSettings from_environment();

    /// The same from any source of values.
    [[nodiscard]] static PoolSettings from_values(
        const std::function<std::optional<std::string>(const std::string&)>& find);

    /// Throws ErrorKind::config for a value that makes no sense.
    void validate() const;
};

}  // namespace poststack
