#include "migrate/step_runner.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "migrate/session_effect.h"
#include "migrate/statement.h"
#include "sys/signal.h"

namespace poststack::migrate {
namespace {

using Clock = std::chrono::steady_clock;

/// COMMIT inside a procedure or DO that runs in a transaction block.
constexpr std::string_view invalid_transaction_termination = "2D000";

Error lost_session(const std::string& name) {
    return Error(ErrorKind::timeout,
                 fmt::format("the session with the server was lost while \"{}\" ran", name))
        .hint("Run the command again; it finds out how far it came and goes on from there.")
        .retryable();
}

std::string checksum_of(std::string_view text, LexRules rules) {
    TokenHash hash;
    hash.add_statement(text, rules);
    return hash.finish();
}

}  // namespace

StepRunner::StepRunner(const Workplace& place, Client client, OutsideObserver::Say say)
    : place_(place), client_(std::move(client)), say_(std::move(say)) {}

Outcome StepRunner::run(const RunRequest& request,
                        const std::optional<Progress>& before,
                        std::optional<std::size_t> resume_after,
                        std::chrono::nanoseconds& duration) {
    const auto begin = Clock::now();
    try {
        start(request);
        place_.connection.script(session_settings(place_) + place_.lock.session_work_lock_sql());
        run_hook_before();
        const std::size_t recorded = before ? before->done : 0;
        skip_done(resume_after.value_or(recorded), resume_after ? std::nullopt : before);
        if (before && before->running && !resume_after) settle(*before);
        while (const std::optional<Statement> statement = next())
            run_step(*statement);
        duration = Clock::now() - begin;
        return finish(duration);
    } catch (const Error& error) {
        roll_back(place_.connection);
        const bool is_lost =
            place_.connection.is_broken() && error.kind() != ErrorKind::interrupted;
        if (is_lost && error.kind() != ErrorKind::timeout) throw lost_session(request.name);
        throw;
    }
}

/// In a transaction of its own, again whenever the text goes on.
void StepRunner::run_hook_before() {
    if (request_->hooks == nullptr || !request_->hooks->before_each) return;
    place_.connection.script("BEGIN;" + opening());
    run_hook(place_.connection, *request_->hooks->before_each, request_->file_name);
    close({"SELECT 1;", 1, place_.lock.check_sql(), true});
}

void StepRunner::start(const RunRequest& request) {
    request_ = &request;
    scanner_.emplace(request.open(), request.name);
    scanner_->set_standard_strings(
        place_.connection.parameter_status("standard_conforming_strings") != "off");
    number_ = 0;
    own_lock_timeout_ = false;
    progress_ = {};
    progress_.version = request.version;
    progress_.direction = request.direction;
    progress_.file_name = request.file_name;
    done_ = {};
    reached_ = {};
}

/// Reads the next statement.
std::optional<Statement> StepRunner::next() {
    const std::optional<Statement> statement = scanner_->next();
    if (!statement) return std::nullopt;
    ++number_;
    reached_.add_statement(text_of(*statement), rules());
    const std::string sql = sql_of(*statement);
    if (is_replayed(sql) && contains_word(sql, "lock_timeout")) own_lock_timeout_ = true;
    return statement;
}

/// The statement as it was written: what is recorded and shown.
std::string_view StepRunner::text_of(const Statement& statement) const {
    return scanner_->text(statement.start.offset, statement.body_end);
}

/// The statement with the values of its variables: what is sent and judged.
std::string StepRunner::sql_of(const Statement& statement) const {
    return sql_text(*scanner_, statement, request_->plan);
}

LexRules StepRunner::rules() const {
    return {.standard_strings = scanner_->standard_strings()};
}

/// Passes over the first `count` statements, repeating what they did to the session.
void StepRunner::skip_done(std::size_t count, const std::optional<Progress>& before) {
    bool in_group = false;
    while (number_ < count) {
        const std::optional<Statement> statement = next();
        if (!statement) {
            throw Error(
                ErrorKind::conflict,
                fmt::format(
                    "\"{}\" has {} statements, {} of it are done", request_->name, number_, count));
        }
        while (statement->is_copy_in) {
            const auto data = scanner_->copy_data();
            if (!data) break;
            reached_.add_data(*data);
        }
        if (statement->is_copy_in) continue;
        const std::string text = sql_of(*statement);
        const StatementKind kind = classify(text).kind;
        in_group = kind == StatementKind::begin || (in_group && kind != StatementKind::commit);
        if (!is_replayed(text)) continue;
        place_.connection.script(text);
        scanner_->set_standard_strings(
            place_.connection.parameter_status("standard_conforming_strings") != "off");
    }
    if (in_group) {
        throw Error(
            ErrorKind::usage,
            fmt::format(
                "statement {} of \"{}\" lies between BEGIN and COMMIT", count, request_->name))
            .hint("Name the statement before the BEGIN, or the COMMIT.");
    }
    done_ = reached_;
    progress_.done = number_;
    if (!before || number_ == 0) return;
    if (TokenHash(done_).finish() == before->done_checksum) return;
    throw Error(
        ErrorKind::conflict,
        fmt::format(
            "statements 1 to {} of \"{}\" are done and were changed since", count, request_->name))
        .hint(fmt::format("Put them back as they were; what comes behind them may be changed. If "
                          "they are right as they are now, add --resume-after {}.",
                          count));
}

/// Decides about the statement that was running when an earlier run ended.
void StepRunner::settle(const Progress& before) {
    const std::optional<Statement> statement = next();
    if (!statement) return;
    if (checksum_of(text_of(*statement), rules()) != before.running_checksum)
        refuse_to_guess(*statement);
    const OutsideStatement parsed = parse_outside(sql_of(*statement));
    OutsideObserver observer(place_.connection, parsed, say_);
    const OutsideVerdict verdict = observer.judge(before.seen_before);
    if (verdict == OutsideVerdict::unknown) refuse_to_guess(*statement);
    if (verdict == OutsideVerdict::again) {
        run_outside(*statement, parsed);
        return;
    }
    record_done();
    if (say_) {
        say_(fmt::format("statement {} of \"{}\" had worked before the last run ended",
                         number_,
                         request_->file_name));
    }
}

void StepRunner::refuse_to_guess(const Statement& statement) const {
    throw Error(
        ErrorKind::conflict,
        fmt::format("{}:{}:{}: statement {} was running when the last run ended, and nothing tells "
                    "whether it has worked",
                    request_->name,
                    statement.start.line,
                    statement.start.column,
                    number_))
        .hint(fmt::format("Look at what it should have done. Then run the command again with "
                          "--resume-after {0} if it has worked, with --retry {0} if it has not.",
                          number_));
}

void StepRunner::run_step(const Statement& statement) {
    const std::string text = sql_of(statement);
    const StatementKind kind = classify(text).kind;
    place_.watch.begin(
        request_->file_name,
        fmt::format(
            "statement {}, {}", number_, describe_statement(statement.start, text_of(statement))));
    if (kind == StatementKind::outside_only) {
        run_outside(statement, parse_outside(text));
        return;
    }
    try {
        run_inside(statement, kind == StatementKind::begin);
    } catch (const Error& error) {
        if (error.sqlstate() != invalid_transaction_termination || !may_commit_itself(text)) throw;
        if (request_->max_lock) refuse_unwatched(statement);
        run_outside(statement, {});
    }
}

/// Its locks are gone at its own COMMIT, before anybody could look at them.
void StepRunner::refuse_unwatched(const Statement& statement) const {
    throw Error(
        ErrorKind::config,
        fmt::format("{}:{}:{}: a statement that commits by itself cannot be held to max-lock",
                    request_->name,
                    statement.start.line,
                    statement.start.column))
        .hint("Put it into a file without a max-lock line.");
}

/// What each transaction begins with, behind its BEGIN.
std::string StepRunner::opening() const {
    std::string sql = session_settings(place_);
    if (request_->lock_timeout.count() > 0 && !own_lock_timeout_)
        sql += fmt::format("SET LOCAL lock_timeout = {};", request_->lock_timeout.count());
    return sql + place_.lock.work_lock_sql();
}

void StepRunner::run_inside(const Statement& statement, bool group) {
    pg::Connection& connection = place_.connection;
    try {
        const std::string begin = group ? sql_of(statement) + ";" : "BEGIN;";
        Batch batch(connection, *scanner_, request_->plan.expansion.get(), begin + opening());
        batch.report_to(place_.notices);
        batch.on_copy_data([this](std::string_view data) { reached_.add_data(data); });
        if (group) {
            run_group(batch);
        } else {
            batch.add(statement);
            batch.flush();
        }
        if (connection.transaction_status() != pg::TransactionStatus::in_transaction) {
            throw Error(ErrorKind::config,
                        fmt::format("\"{}\" ended the transaction it runs in", request_->name));
        }
        if (request_->max_lock) {
            check_locks(connection,
                        place_.lock.connection(),
                        *request_->max_lock,
                        request_->name,
                        statement.start);
        }
        record_done();
    } catch (const Error&) {
        roll_back(connection);
        throw;
    }
}

/// The statements up to the COMMIT.
void StepRunner::run_group(Batch& batch) {
    while (const std::optional<Statement> statement = next()) {
        if (classify(sql_of(*statement)).kind == StatementKind::commit) break;
        batch.add(*statement);
    }
    batch.flush();
}

void StepRunner::run_outside(const Statement& statement, const OutsideStatement& parsed) {
    OutsideObserver observer(place_.connection, parsed, say_);
    // DISCARD ALL and pg_advisory_unlock_all() in the text give the lock back.
    place_.connection.script(session_settings(place_) + place_.lock.session_work_lock_sql());
    const std::string seen = observer.prepare();
    announce(statement, seen);
    execute_outside(statement, observer);
    observer.verify();
    record_done();
}

void StepRunner::execute_outside(const Statement& statement, OutsideObserver& observer) {
    try {
        Batch batch(place_.connection, *scanner_, request_->plan.expansion.get(), {});
        batch.report_to(place_.notices);
        batch.add(statement);
        batch.flush();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::database || place_.connection.is_broken()) throw;
        if (place_.connection.transaction_status() != pg::TransactionStatus::idle) throw;
        observer.tidy(progress_.seen_before);
        progress_.running.reset();
        record();
        throw;
    }
}

void StepRunner::announce(const Statement& statement, const std::string& seen) {
    constexpr std::size_t longest = 1000;
    const std::string_view text = text_of(statement);
    progress_.running = number_;
    progress_.running_checksum = checksum_of(text, rules());
    progress_.running_text = text.substr(0, longest);
    progress_.seen_before = seen;
    // Cut at a character.
    while (text.size() > longest && !progress_.running_text.empty() &&
           (static_cast<unsigned char>(text[progress_.running_text.size()]) & 0xc0U) == 0x80U) {
        progress_.running_text.pop_back();
    }
    record();
}

/// Commits the record in the open transaction, or in one of its own.
void StepRunner::record() {
    if (place_.connection.transaction_status() == pg::TransactionStatus::idle)
        place_.connection.script("BEGIN;" + place_.lock.work_lock_sql());
    progress_.done_checksum = TokenHash(done_).finish();
    close({record_progress_sql(progress_, client_, place_.place) + ";",
           1,
           place_.lock.check_sql(),
           true});
}

void StepRunner::record_done() {
    const TokenHash before = std::exchange(done_, reached_);
    const Progress old = progress_;
    progress_.done = number_;
    progress_.running.reset();
    try {
        record();
    } catch (const Error&) {
        done_ = before;
        progress_ = old;
        throw;
    }
}

void StepRunner::close(const Closing& closing) {
    if (close_transaction(place_.connection, closing, request_->name).outcome == Outcome::unknown)
        throw lost_session(request_->name);
}

Outcome StepRunner::finish(std::chrono::nanoseconds duration) {
    place_.connection.script("BEGIN;" + place_.lock.work_lock_sql());
    if (request_->hooks != nullptr && request_->hooks->after_each)
        run_hook(place_.connection, *request_->hooks->after_each, request_->file_name);
    const std::string change = request_->ledger_sql(duration) + ";" +
                               remove_progress_sql(request_->version, place_.place) + ";";
    return close_transaction(
               place_.connection, {change, 2, place_.lock.check_sql()}, request_->name)
        .outcome;
}

}  // namespace poststack::migrate
