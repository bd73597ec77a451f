#include "migrate/session.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "migrate/holders.h"
#include "migrate/step_runner.h"
#include "sys/clock.h"
#include "sys/random.h"
#include "sys/signal.h"

namespace poststack::migrate {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view lock_not_available = "55P03";
constexpr std::string_view deadlock_detected = "40P01";

/// Connects again after a lost session: the server may be restarting.
pg::Connection reconnect(const pg::ConnInfo& target, const LedgerPlace& place) {
    constexpr int attempts = 40;
    for (int attempt = 1;; ++attempt) {
        try {
            return pg::Connection(work_login(target, place));
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::interrupted || attempt == attempts) throw;
            const bool may_come_back = error.is_retryable() || error.kind() == ErrorKind::timeout;
            if (!may_come_back) throw;
        }
        sys::system_clock().sleep(250ms);
    }
}

LockOptions lock_options(const RunOptions& options) {
    return {options.wait_limit, options.force, options.on_progress, LedgerPlace(options.schema)};
}

/// For server options of a login: blanks and backslashes need a backslash.
std::string escape_option(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (c == ' ' || c == '\\' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v')
            text += '\\';
        text += c;
    }
    return text;
}

/// The schema first; public behind it, for what extensions have made there.
std::string search_path(const std::string& schema) {
    std::string path = pg::quote_identifier(schema);
    if (schema != "public") path += ",public";
    return path;
}

bool may_try_again(const Error& error) {
    return error.sqlstate() == lock_not_available || error.sqlstate() == deadlock_detected;
}

/// 200 ms, 400 ms, ... up to 10 s, each up to half as long again.
std::chrono::milliseconds pause_before(int attempt) {
    constexpr std::chrono::milliseconds first = 200ms;
    constexpr std::chrono::milliseconds longest = 10s;
    constexpr int doublings = 6;
    const auto pause = std::min(first * (1 << std::min(attempt - 1, doublings)), longest);
    const auto jitter = sys::random_u64() % (static_cast<std::uint64_t>(pause.count()) / 2);
    return pause + std::chrono::milliseconds(jitter);
}

}  // namespace

std::future<MigrationSet> start_reading(const std::filesystem::path& directory) {
    return std::async(std::launch::async, [directory] { return read_migrations(directory); });
}

std::string list_files(const std::vector<std::string>& names) {
    constexpr std::size_t many = 6;
    if (names.empty()) return "nothing";
    if (names.size() < many) return join(names, ", ");
    return fmt::format("{} files, {} to {}", names.size(), names.front(), names.back());
}

pg::ConnInfo schema_login(const pg::ConnInfo& target, const LedgerPlace& place) {
    pg::ConnInfo login = target.clone();
    // As a setting of the login it is what RESET goes back to.
    if (!place.is_database()) {
        if (!login.options.empty()) login.options += ' ';
        login.options += "-c search_path=" + escape_option(search_path(place.schema()));
    }
    return login;
}

pg::ConnInfo work_login(const pg::ConnInfo& target, const LedgerPlace& place) {
    pg::ConnInfo login = schema_login(target, place);
    login.application_name = session_name("migrate");
    return login;
}

LockedRun::LockedRun(const pg::ConnInfo& target, pg::Connection first, const RunOptions& options)
    : target_(target),
      options_(options),
      place_(options.schema),
      lock_(std::move(first), target, lock_options(options)),
      connection_(work_login(target, place_)),
      watch_(connection_, lock_.connection(), options.on_progress),
      notices_(options.on_progress),
      watches_client_(can_watch_client(connection_)) {
    wait_for_orphans(connection_, lock_options(options));
    ledger_ = read_ledger(connection_, place_);
    if (ledger_.layout >= layout_with_layers) unfinished_ = read_progress(connection_, place_);
}

void LockedRun::prepare() {
    prepare_ledger(connection_, ledger_);
}

void LockedRun::refuse_unfinished(Direction direction, std::optional<Version> first) const {
    for (const Progress& progress : unfinished_) {
        if (progress.direction == direction && first == progress.version) continue;
        const char* const command = progress.direction == Direction::up ? "migrate" : "rollback";
        throw Error(ErrorKind::conflict, describe(progress))
            .hint(fmt::format("Finish it first with \"poststack database {}\", or undo by hand "
                              "what it did and forget it with \"poststack database repair {} "
                              "--forget-progress --reason ...\".",
                              command,
                              progress.version.number));
    }
    if (!options_.resume_after || !unfinished_.empty()) return;
    throw Error(ErrorKind::conflict,
                "nothing has stopped half-way, so there is no statement to "
                "go on behind")
        .hint("Run the command without --resume-after and --retry.");
}

std::chrono::nanoseconds LockedRun::run(const RunRequest& request) {
    std::chrono::nanoseconds duration{0};
    if (run_with_retries(request, duration) == Outcome::committed) return duration;
    over_ = true;
    if (request.settled_sql.empty()) {
        throw Error(ErrorKind::timeout,
                    fmt::format("the session with the server was lost at the COMMIT of \"{}\", and "
                                "nothing tells whether it worked",
                                request.name))
            .hint("Look at what it should have done, then run the command again.")
            .retryable();
    }
    if (settle(request.settled_sql)) return duration;
    throw Error(ErrorKind::timeout,
                fmt::format("the session with the server was lost at the COMMIT of \"{}\", which "
                            "had no effect",
                            request.name))
        .hint("Run the command again; it goes on where this run stopped.")
        .retryable();
}

Outcome LockedRun::run_with_retries(const RunRequest& request, std::chrono::nanoseconds& duration) {
    for (int attempt = 1;; ++attempt) {
        try {
            watch_.forget_blockers();
            return run_once(request, duration);
        } catch (Error& error) {
            if (!may_try_again(error) || connection_.is_broken()) throw;
            if (!watch_.blockers().empty()) error.add_context("waiting for " + watch_.blockers());
            if (attempt > options_.lock_retries) {
                error.add_context(fmt::format("attempt {} of {}", attempt, attempt));
                error.set_hint(
                    "It was rolled back. End what holds the lock, or wait longer for it with "
                    "--ddl-lock-timeout or try more often with --ddl-lock-retries.");
                throw;
            }
            wait_for_locks(error, request, attempt);
        }
    }
}

void LockedRun::wait_for_locks(const Error& error, const RunRequest& request, int attempt) {
    const auto pause = pause_before(attempt);
    std::string text =
        fmt::format("\"{}\" was rolled back: {}", request.file_name, error.message());
    if (!watch_.blockers().empty()) text += "; it waited for " + watch_.blockers();
    if (error.sqlstate() == deadlock_detected && !error.detail().empty()) {
        std::string detail = error.detail();
        std::replace(detail.begin(), detail.end(), '\n', ' ');
        text += "; " + detail;
    }
    say(fmt::format("{}; attempt {} of {} follows in {}",
                    text,
                    attempt + 1,
                    options_.lock_retries + 1,
                    human_duration(pause)));
    sys::system_clock().sleep(pause);
}

Outcome LockedRun::run_once(const RunRequest& request, std::chrono::nanoseconds& duration) {
    notices_.begin(request.name, request.plan.expansion.get());
    try {
        const Outcome outcome = run_text(request, duration);
        notices_.end();
        return outcome;
    } catch (const Error& error) {
        notices_.end();
        if (!request.plan.expansion) throw;
        throw request.plan.expansion->redact(error);
    }
}

Outcome LockedRun::run_text(const RunRequest& request, std::chrono::nanoseconds& duration) {
    if (std::exchange(used_, true)) connection_.script("DISCARD ALL");
    const Workplace place{
        connection_, lock_, watch_, notices_, place_, options_.single_statements, watches_client_};
    if (!request.plan.no_transaction) {
        refuse_lost_mark(request);
        TransactionRunner runner(place);
        const Outcome outcome = runner.run(request, duration);
        used_ = !runner.left_clean();
        return outcome;
    }

    std::optional<Progress> before;
    for (const Progress& progress : read_progress(connection_, place_)) {
        if (progress.version == request.version) before = progress;
    }
    StepRunner runner(place, client_, [this](const std::string& text) { say(text); });
    return runner.run(
        request, before, std::exchange(options_.resume_after, std::nullopt), duration);
}

/// A text that stopped half-way without a transaction must not start anew in one.
void LockedRun::refuse_lost_mark(const RunRequest& request) const {
    for (const Progress& progress : unfinished_) {
        if (progress.version != request.version) continue;
        throw Error(ErrorKind::conflict,
                    fmt::format("{}, and \"{}\" no longer says \"-- poststack: no-transaction\"",
                                describe(progress),
                                request.name))
            .hint("Put that line back at its top, so that it can go on where it stopped.");
    }
}

void LockedRun::say(const std::string& text) const {
    if (!options_.on_progress) return;
    options_.on_progress({.kind = ProgressEvent::Kind::notice,
                          .text = options_.variables ? options_.variables->redact(text) : text});
}

/// Asks the ledger, once the lost session's transaction has ended.
bool LockedRun::settle(const std::string& settled_sql) {
    try {
        pg::Connection fresh = reconnect(target_, place_);
        LockOptions options = lock_options(options_);
        options.wait_limit = std::max<std::chrono::milliseconds>(options.wait_limit, 10s);
        wait_for_orphans(fresh, options);
        return fresh.script(settled_sql).boolean(0, 0);
    } catch (Error& error) {
        error.add_context("finding out whether the COMMIT of a lost session worked");
        error.set_hint(
            "Run the command again when the server is back: the ledger tells whether that file "
            "is applied.");
        throw;
    }
}

}  // namespace poststack::migrate
