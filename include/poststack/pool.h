// A pool of PostgreSQL sessions for programs with many threads.
//
//     poststack::Pool pool("postgresql://app:secret@127.0.0.1/shop",
//                          poststack::PoolSettings::from_environment());
//     poststack::Loan session = pool.acquire();
//     poststack::Rows rows = session.query("select name from item where id = $1", {"7"});
//
// Rules: waiting threads are served in order; a connection is checked before it is lent when it has
// been idle, when it is old, or when another one was found dead; a returned connection that is
// inside a transaction is rolled back, a broken one is replaced. Settings made with SET stay with a
// connection: use SET LOCAL, or RESET before returning it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "poststack/error.h"
#include "poststack/pool_settings.h"
#include "poststack/rows.h"

namespace poststack {

/// Parameters of $1, $2, ... as text; nullopt is null.
using Values = std::vector<std::optional<std::string>>;

class PoolCore;  // src/client/pool_core.h

/// A session on loan, used by one thread at a time and returned by the destructor.
class Loan {
  public:
    Loan(Loan&& other) noexcept;
    Loan& operator=(Loan&& other) noexcept;
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan();

    /// Runs one statement. Errors: database with sqlstate(); timeout for a lost session.
    Rows query(const std::string& sql, const Values& values = {});

    /// Runs several statements at once, without parameters; returns the last one's answer.
    Rows script(const std::string& sql);

    /// The server process behind it.
    [[nodiscard]] int backend_pid() const;

    /// E.g. 150020.
    [[nodiscard]] int server_version() const;

    /// Marks it as not to be lent again, e.g. after changing the session for good.
    void discard() noexcept;

    /// Returns it now. Using it afterwards is ErrorKind::bug.
    void release() noexcept;

  private:
    friend class Pool;
    friend class PoolCore;
    struct Item;
    Loan(std::shared_ptr<PoolCore> core, std::unique_ptr<Item> item) noexcept;
    [[nodiscard]] Item& item() const;
    std::shared_ptr<PoolCore> core_;  // with the Pool: a loan may outlive it
    std::unique_ptr<Item> item_;
};

struct PoolStats {
    int idle = 0;
    int on_loan = 0;  ///< lent or being opened
    int waiting = 0;  ///< threads in acquire() that have to wait
    std::uint64_t opened = 0;
    std::uint64_t closed = 0;
    std::uint64_t lent = 0;
    std::uint64_t recycled = 0;  ///< closed for their age
    std::uint64_t found_dead = 0;
    std::uint64_t timeouts = 0;
};

/// Lends sessions. Thread-safe. Connections are opened when needed, not by the constructor.
class Pool {
  public:
    /// `url` may have any scheme of a database URL. Errors: config; its password is never shown.
    explicit Pool(std::string_view url, PoolSettings settings = {});
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// close() without a limit on the loans: those still out end when they are returned.
    ~Pool();

    /// Lends a session, waiting up to settings.timeout, retries included.
    ///
    /// Errors: timeout when none became free; the login's own error when none could be opened;
    /// conflict when the pool is closed.
    [[nodiscard]] Loan acquire();

    /// Opens connections until `count` (at most settings.size) are there. Errors: as acquire().
    void warm_up(int count);

    /// Runs `body(Loan&)`, again on a fresh session when it fails with a retryable error, up to
    /// settings.retry_limit times. What the body does must bear repetition.
    template <class Body>
    std::invoke_result_t<Body&, Loan&> run(Body&& body) {
        for (int failures = 0;;) {
            try {
                Loan loan = acquire();
                return body(loan);
            } catch (const Error& error) {
                wait_to_retry(error, ++failures);
            }
        }
    }

    /// Lends nothing more, fails those who wait, closes what is idle and waits for the loans.
    /// Returns false when some were still out after `limit`.
    bool close(std::chrono::milliseconds limit = std::chrono::seconds(30));

    [[nodiscard]] PoolStats stats() const;

  private:
    /// Throws the current exception when another try makes no sense.
    void wait_to_retry(const Error& error, int failures) const;
    std::shared_ptr<PoolCore> core_;
};

}  // namespace poststack
