#include "migrate/lock.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "migrate/holders.h"
#include "sys/clock.h"
#include "sys/random.h"

namespace poststack::migrate {
namespace {

using std::chrono::milliseconds;

pg::ConnInfo lock_login(const pg::ConnInfo& target) {
    pg::ConnInfo login = target.clone();
    login.application_name = session_name("lock");
    return login;
}

int asked_pid(pg::Connection& connection) {
    return static_cast<int>(connection.script("SELECT pg_catalog.pg_backend_pid()").number(0, 0));
}

/// Refuses a pooler that gives each transaction the server session that is free just then: locks
/// and settings would stay behind in it. A pooler that keeps one for the whole session is fine.
void refuse_pooler(pg::Connection& connection, const pg::ConnInfo& target) {
    const int first = asked_pid(connection);
    if (first == connection.backend_pid()) return;  // nothing lies between: it is the login's own
    pg::Connection other(lock_login(target));
    if (asked_pid(other) != first && asked_pid(connection) == first) return;
    throw Error(ErrorKind::config,
                fmt::format("{} is a connection pooler in transaction mode, through which no "
                            "migration lock can be held",
                            target.address()))
        .hint(
            "Give the server's own address with --url or POSTSTACK_DATABASE_URL, or a pool in "
            "session mode.");
}

std::string describe_holder(pg::Connection& connection, const LockKeys& keys, bool turn) {
    for (const LockHolder& holder : find_holders(connection, keys)) {
        if (holder.holds_turn == turn) return holder.describe();
    }
    return "a session that has just ended";
}

std::string limit_text(milliseconds limit) {
    return limit.count() == 0 ? "now" : fmt::format("within {} ms", limit.count());
}

/// Ends the sessions that hold a lock and that nobody needs.
void end_stale(pg::Connection& connection, const LockOptions& options) {
    for (const LockHolder& holder : find_holders(connection, options.place.lock_keys())) {
        if (holder.stale.empty()) continue;
        if (!end_session(connection, holder) || !options.on_progress) continue;
        options.on_progress({.kind = ProgressEvent::Kind::notice,
                             .text = "ended the session of " + holder.describe()});
    }
}

/// What one kind of waiting says.
struct WaitWords {
    std::string try_sql;
    bool turn;
    const char* busy;  ///< "another migration run holds the lock"
};

/// Runs `words.try_sql` until it answers true.
void wait_until_true(pg::Connection& connection,
                     const WaitWords& words,
                     const LockOptions& options) {
    const LockKeys keys = options.place.lock_keys();
    const sys::Clock& clock = sys::system_clock();
    const auto end = clock.now() + options.wait_limit;
    milliseconds pause{10};
    for (bool first = true;; first = false) {
        if (connection.script(words.try_sql).boolean(0, 0)) return;
        if (options.force) end_stale(connection, options);
        if (clock.now() >= end) {
            throw Error(ErrorKind::conflict,
                        fmt::format("{}: {}; it did not end {}",
                                    words.busy,
                                    describe_holder(connection, keys, words.turn),
                                    limit_text(options.wait_limit)))
                .hint(
                    "Wait for it to end, or give it longer with --wait-timeout; \"poststack "
                    "database unlock-migrations\" shows what it does and frees what is stale.")
                .retryable();
        }
        if (first && options.on_progress) {
            options.on_progress(
                {.kind = ProgressEvent::Kind::waiting,
                 .text = fmt::format(
                     "{}: {}", words.busy, describe_holder(connection, keys, words.turn))});
        }
        const auto jitter = milliseconds(static_cast<milliseconds::rep>(
            sys::random_u64() % static_cast<unsigned>(pause.count())));
        sys::system_clock().sleep(std::min<std::chrono::nanoseconds>(
            pause + jitter, end - clock.now() + milliseconds(1)));
        pause = std::min(pause * 2, milliseconds(250));
    }
}

}  // namespace

MigrationLock::MigrationLock(const pg::ConnInfo& target, const LockOptions& options)
    : MigrationLock(pg::Connection(lock_login(target)), target, options) {}

MigrationLock::MigrationLock(pg::Connection connection,
                             const pg::ConnInfo& target,
                             const LockOptions& options)
    : connection_(std::move(connection)), keys_(options.place.lock_keys()) {
    refuse_pooler(connection_, target);
    const WaitWords words{
        fmt::format(
            "SELECT pg_catalog.pg_try_advisory_lock({}, {})", keys_.turn_class, keys_.turn_key),
        true,
        "another migration run holds the lock"};
    wait_until_true(connection_, words, options);
    // Above the keys with a meaning, below 2^31.
    const int run_key = 0x1000 + static_cast<int>(sys::random_u64() % 0x7fff0000U);
    // Keepalives: a client whose machine is gone is noticed within a minute, not after hours.
    connection_.script(fmt::format(
        "SET application_name = {};SET tcp_keepalives_idle = 30;SET tcp_keepalives_interval = 10;"
        "SET tcp_keepalives_count = 3;SELECT pg_catalog.pg_advisory_lock({}, {})",
        pg::quote_literal(session_name("lock")),
        lock_class,
        run_key));
    check_sql_ =
        fmt::format("SELECT 1 / (NOT pg_catalog.pg_try_advisory_xact_lock_shared({}, {}))::int;",
                    lock_class,
                    run_key);
}

std::string MigrationLock::work_lock_sql() const {
    return fmt::format(
        "SELECT pg_catalog.pg_advisory_xact_lock({}, {});", keys_.work_class, keys_.work_key);
}

std::string MigrationLock::session_work_lock_sql() const {
    return fmt::format(
        "SELECT pg_catalog.pg_advisory_lock({0}, {1}) WHERE NOT EXISTS (SELECT FROM "
        "pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted AND classid = {0} AND objid = "
        "{1} AND objsubid = 2 AND pid = pg_catalog.pg_backend_pid());",
        keys_.work_class,
        keys_.work_key);
}

void wait_for_orphans(pg::Connection& connection, const LockOptions& options) {
    // Outside of a transaction: the lock is given back as soon as it was got.
    const LockKeys keys = options.place.lock_keys();
    const WaitWords words{
        fmt::format(
            "SELECT pg_catalog.pg_try_advisory_xact_lock({}, {})", keys.work_class, keys.work_key),
        false,
        "a statement of an earlier run, whose client is gone, still works"};
    wait_until_true(connection, words, options);
}

}  // namespace poststack::migrate
