#include "migrate/lock.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "sys/clock.h"
#include "sys/random.h"

namespace poststack::migrate {
namespace {

// The two-key form of advisory locks: "post" in ASCII, then which lock.
constexpr int lock_class = 0x706f7374;
constexpr int session_key = 1;
constexpr int transaction_key = 2;

pg::ConnInfo lock_login(const pg::ConnInfo& target) {
    pg::ConnInfo login = target.clone();
    login.application_name = "poststack migrate (lock)";
    return login;
}

/// "poststack migrate (pid 812) of role "shop" from 10.0.0.7 since 2026-..." for messages.
std::string describe_holder(pg::Connection& connection, int key) {
    const pg::Result rows = connection.script(fmt::format(
        "SELECT a.pid, a.usename, coalesce(host(a.client_addr), 'this machine'), "
        "to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') "
        "FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid) "
        "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = {} AND l.objid = {} "
        "AND l.objsubid = 2 AND l.database = "
        "(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())",
        lock_class,
        key));
    if (rows.rows() == 0) return "a session that has just ended";
    return fmt::format("role \"{}\" from {} (server process {}), connected since {}",
                       rows.value(0, 1),
                       rows.value(0, 2),
                       rows.value(0, 0),
                       rows.value(0, 3));
}

std::string limit_text(std::chrono::milliseconds limit) {
    return limit.count() == 0 ? "now" : fmt::format("within {} ms", limit.count());
}

/// What one kind of waiting says.
struct WaitWords {
    std::string try_sql;
    int key;
    const char* busy;  ///< "another migration run holds the lock"
};

/// Runs `words.try_sql` until it answers true.
void wait_until_true(pg::Connection& connection,
                     const WaitWords& words,
                     std::chrono::milliseconds limit,
                     const ProgressCallback& on_progress) {
    using std::chrono::milliseconds;
    const sys::Clock& clock = sys::system_clock();
    const auto end = clock.now() + limit;
    milliseconds pause{10};
    for (bool first = true;; first = false) {
        if (connection.script(words.try_sql).boolean(0, 0)) return;
        if (clock.now() >= end) {
            throw Error(ErrorKind::conflict,
                        fmt::format("{}: {}; it did not end {}",
                                    words.busy,
                                    describe_holder(connection, words.key),
                                    limit_text(limit)))
                .hint("Wait for it to end, or give it longer with --wait-timeout.")
                .retryable();
        }
        if (first && on_progress) {
            on_progress({.kind = ProgressEvent::Kind::waiting,
                         .text = fmt::format(
                             "{}: {}", words.busy, describe_holder(connection, words.key))});
        }
        const auto jitter = milliseconds(static_cast<milliseconds::rep>(
            sys::random_u64() % static_cast<unsigned>(pause.count())));
        sys::system_clock().sleep(std::min<std::chrono::nanoseconds>(
            pause + jitter, end - clock.now() + milliseconds(1)));
        pause = std::min(pause * 2, milliseconds(250));
    }
}

}  // namespace

MigrationLock::MigrationLock(const pg::ConnInfo& target,
                             std::chrono::milliseconds wait_limit,
                             const ProgressCallback& on_progress)
    : connection_(lock_login(target)) {
    const WaitWords words{
        fmt::format("SELECT pg_catalog.pg_try_advisory_lock({}, {})", lock_class, session_key),
        session_key,
        "another migration run holds the lock"};
    wait_until_true(connection_, words, wait_limit, on_progress);
}

bool MigrationLock::is_held() noexcept {
    try {
        const pg::Result rows = connection_.script(fmt::format(
            "SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory' "
            "AND granted AND classid = {} AND objid = {} AND objsubid = 2 "
            "AND pid = pg_catalog.pg_backend_pid()",
            lock_class,
            session_key));
        return rows.number(0, 0) > 0;
    } catch (const Error&) {
        return false;
    }
}

const std::string& work_lock_sql() {
    static const std::string sql = fmt::format(
        "SELECT pg_catalog.pg_advisory_xact_lock({}, {});", lock_class, transaction_key);
    return sql;
}

std::string check_lock_sql(int lock_pid) {
    return fmt::format(
        "SELECT 1 / (pg_catalog.count(*) / 2) FROM pg_catalog.pg_locks "
        "WHERE locktype = 'advisory' AND granted AND classid = {0} AND objsubid = 2 "
        "AND (objid = {1} AND pid = {3} OR objid = {2} AND pid = pg_catalog.pg_backend_pid());",
        lock_class,
        session_key,
        transaction_key,
        lock_pid);
}

void wait_for_orphans(pg::Connection& connection,
                      std::chrono::milliseconds wait_limit,
                      const ProgressCallback& on_progress) {
    // Outside of a transaction: the lock is given back as soon as it was got.
    const WaitWords words{
        fmt::format(
            "SELECT pg_catalog.pg_try_advisory_xact_lock({}, {})", lock_class, transaction_key),
        transaction_key,
        "a statement of an earlier run, whose client is gone, still works"};
    wait_until_true(connection, words, wait_limit, on_progress);
}

}  // namespace poststack::migrate
