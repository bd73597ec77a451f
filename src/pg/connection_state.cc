#include "pg/connection_state.h"

#include <algorithm>
#include <array>
#include <exception>

#include "sys/signal.h"

namespace poststack::pg {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void Connection::State::begin_statement() {
    if (lost || PQstatus(conn.get()) == CONNECTION_BAD) throw lost_error({});
    sys::check_interrupted();
    deadline.reset();
    if (statement_limit.count() > 0) deadline = steady_clock::now() + statement_limit;
    if (!tick) return;
    sent_at = steady_clock::now();
    next_tick = sent_at + tick_every;
}

void Connection::State::tick_if_due() {
    const auto now = steady_clock::now();
    if (now < next_tick) return;
    next_tick = now + tick_every;
    tick(std::chrono::duration_cast<milliseconds>(now - sent_at));
}

void Connection::State::require_sent(int sent) {
    if (sent == 1) return;
    throw server_error(nullptr, conn.get());
}

bool Connection::State::deadline_passed() const noexcept {
    return deadline && steady_clock::now() >= *deadline;
}

void Connection::State::wait(Want want) {
    // Without a bound: waits of an hour, again and again.
    milliseconds limit = std::chrono::hours(1);
    if (deadline) {
        limit = std::chrono::ceil<milliseconds>(*deadline - steady_clock::now());
        limit = std::max(limit, milliseconds(0));
    }
    if (tick) {
        const auto due = std::chrono::ceil<milliseconds>(next_tick - steady_clock::now());
        limit = std::clamp(due, milliseconds(0), limit);
    }
    const int fd = PQsocket(conn.get());
    if (fd < 0) throw lost_error(first_line(conn.get()));
    const auto result =
        want == Want::read ? sys::wait_readable(fd, limit) : sys::wait_either(fd, limit);
    if (tick) tick_if_due();
    if (result == sys::WaitResult::timeout && deadline_passed()) {
        throw Error(ErrorKind::timeout, "the server took too long over a statement")
            .hint("Raise DB_QUERY_TIMEOUT, or look for what blocks it in pg_stat_activity.");
    }
}

void Connection::State::flush() {
    for (;;) {
        const int left = PQflush(conn.get());
        if (left == 0) return;
        // A failure to send is reported by the next result, with what the server said before it
        // hung up.
        if (left < 0) return;
        wait(Want::read_or_write);
        if (PQconsumeInput(conn.get()) == 0) return;
    }
}

PGresult* Connection::State::next_result() {
    for (;;) {
        const int left = PQflush(conn.get());
        if (PQisBusy(conn.get()) == 0) return PQgetResult(conn.get());
        if (PQsocket(conn.get()) < 0) return PQgetResult(conn.get());
        wait(left == 1 ? Want::read_or_write : Want::read);
        // On a closed session PQgetResult does not block: it hands out the server's last words.
        if (PQconsumeInput(conn.get()) == 0) return PQgetResult(conn.get());
    }
}

void Connection::State::end_copy(ExecStatusType status, const char* reason) {
    if (status == PGRES_COPY_IN || status == PGRES_COPY_BOTH) {
        while (PQputCopyEnd(conn.get(), reason) == 0)
            wait(Want::read_or_write);
        flush();
    }
    if (status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        for (;;) {
            char* row = nullptr;
            const int length = PQgetCopyData(conn.get(), &row, 1);
            if (row != nullptr) PQfreemem(row);
            if (length < 0) return;
            if (length > 0) continue;
            wait(Want::read);
            if (PQconsumeInput(conn.get()) == 0) return;
        }
    }
}

void Connection::State::finish_each(const std::function<void(Result)>& each) {
    std::exception_ptr failure;
    while (PGresult* raw = next_result()) {
        Result result(raw);
        const ExecStatusType status = PQresultStatus(raw);
        if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
            end_copy(status, "data for COPY FROM STDIN can be sent only by a statement of its own");
            continue;
        }
        if (failure) continue;
        try {
            if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE ||
                status == PGRES_NONFATAL_ERROR) {
                throw server_error(raw, conn.get());
            }
            each(std::move(result));
        } catch (...) {
            failure = std::current_exception();
        }
    }
    if (failure) std::rethrow_exception(failure);
}

std::vector<Result> Connection::State::finish_all() {
    std::vector<Result> results;
    finish_each([&](Result result) { results.push_back(std::move(result)); });
    return results;
}

bool Connection::State::cancel() noexcept {
    PGcancel* request = PQgetCancel(conn.get());
    if (request == nullptr) return false;
    std::array<char, 256> reason{};
    const int sent = PQcancel(request, reason.data(), static_cast<int>(reason.size()));
    PQfreeCancel(request);
    return sent == 1;
}

void Connection::State::abandon() noexcept {
    const sys::DeferStop defer;
    if (PQstatus(conn.get()) == CONNECTION_BAD || !cancel()) {
        lost = true;
        return;
    }
    if (PQpipelineStatus(conn.get()) != PQ_PIPELINE_OFF) return;  // ~Pipeline drains
    deadline = steady_clock::now() + drain_limit;
    try {
        (void)finish_all();
    } catch (const Error&) {
        // The cancelled statement's own error is expected; one of waiting means it never came.
        lost = PQtransactionStatus(conn.get()) == PQTRANS_ACTIVE;
    } catch (...) {
        lost = true;
    }
    deadline.reset();
}

}  // namespace poststack::pg
