#include "migrate/session.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "sys/clock.h"
#include "sys/signal.h"

namespace poststack::migrate {
namespace {

using namespace std::chrono_literals;

/// Connects again after a lost session: the server may be restarting.
pg::Connection reconnect(const pg::ConnInfo& target) {
    constexpr int attempts = 40;
    for (int attempt = 1;; ++attempt) {
        try {
            return pg::Connection(work_login(target));
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::interrupted || attempt == attempts) throw;
            const bool may_come_back = error.is_retryable() || error.kind() == ErrorKind::timeout;
            if (!may_come_back) throw;
        }
        sys::system_clock().sleep(250ms);
    }
}

}  // namespace

std::future<MigrationSet> start_reading(const std::filesystem::path& directory) {
    return std::async(std::launch::async, [directory] { return read_migrations(directory); });
}

pg::ConnInfo work_login(const pg::ConnInfo& target) {
    pg::ConnInfo login = target.clone();
    login.application_name = "poststack migrate";
    return login;
}

LockedRun::LockedRun(const pg::ConnInfo& target,
                     pg::Connection& connection,
                     std::chrono::milliseconds wait_limit,
                     const ProgressCallback& on_progress)
    : target_(target),
      connection_(connection),
      on_progress_(on_progress),
      wait_limit_(wait_limit),
      lock_(target, wait_limit, on_progress),
      runner_(connection, lock_.backend_pid()) {
    wait_for_orphans(connection, wait_limit, on_progress);
    ledger_ = read_ledger(connection);
}

void LockedRun::prepare() {
    prepare_ledger(connection_, ledger_);
}

std::chrono::nanoseconds LockedRun::run(const RunRequest& request,
                                        Version version,
                                        bool applied_after) {
    std::chrono::nanoseconds duration{0};
    if (runner_.run(request, duration) == Outcome::committed) return duration;
    over_ = true;
    if (settle(version) == applied_after) return duration;
    throw Error(ErrorKind::timeout,
                fmt::format("the session with the server was lost at the COMMIT of \"{}\", which "
                            "had no effect",
                            request.name))
        .hint("Run the command again; it goes on where this run stopped.")
        .retryable();
}

/// Asks the ledger whether `version` is applied, once the lost session's transaction has ended.
bool LockedRun::settle(Version version) {
    try {
        pg::Connection fresh = reconnect(target_);
        wait_for_orphans(
            fresh, std::max<std::chrono::milliseconds>(wait_limit_, 10s), on_progress_);
        return read_ledger(fresh).find(version) != nullptr;
    } catch (Error& error) {
        error.add_context("finding out whether the COMMIT of a lost session worked");
        error.set_hint(
            "Run the command again when the server is back: the ledger tells whether that file "
            "is applied.");
        throw;
    }
}

}  // namespace poststack::migrate
