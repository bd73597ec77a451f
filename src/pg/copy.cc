#include "pg/copy.h"

#include <algorithm>

#include "pg/connection_state.h"
#include "sys/signal.h"

namespace poststack::pg {

CopyIn::CopyIn(Connection& connection, const std::string& sql) : connection_(connection) {
    Connection::State& state = connection_.state();
    state.guarded([&] {
        state.require_sent(PQsendQuery(state.conn.get(), sql.c_str()));
        state.flush();
        const Result first(state.next_result());
        const ExecStatusType status = PQresultStatus(first.get());
        if (status == PGRES_COPY_IN) {
            open_ = true;
            return;
        }
        std::optional<Error> failure;
        if (status == PGRES_FATAL_ERROR) failure = server_error(first.get(), state.conn.get());
        if (status == PGRES_COPY_OUT) state.end_copy(status, nullptr);
        (void)state.finish_all();
        if (failure) throw *failure;
        throw Error(ErrorKind::bug, "a COPY from the client was expected, not another statement");
    });
}

CopyIn::~CopyIn() {
    fail("the sender stopped");
}

void CopyIn::put(std::string_view bytes) {
    Connection::State& state = connection_.state();
    constexpr std::size_t piece = 1U << 20;  // libpq takes int lengths and doubles its buffer
    try {
        while (!bytes.empty()) {
            const std::string_view part = bytes.substr(0, piece);
            const int sent =
                PQputCopyData(state.conn.get(), part.data(), static_cast<int>(part.size()));
            if (sent < 0) throw server_error(nullptr, state.conn.get());
            if (sent > 0) bytes.remove_prefix(part.size());
            state.flush();
        }
    } catch (const Error&) {
        fail("the sender was stopped");
        throw;
    }
}

std::uint64_t CopyIn::end() {
    if (!open_) throw Error(ErrorKind::bug, "the COPY has ended already");
    Connection::State& state = connection_.state();
    open_ = false;
    return state.guarded([&] {
        while (true) {
            const int sent = PQputCopyEnd(state.conn.get(), nullptr);
            if (sent > 0) break;
            if (sent < 0) throw server_error(nullptr, state.conn.get());
            state.flush();
        }
        const std::vector<Result> results = state.finish_all();
        return results.empty() ? 0 : results.back().affected();
    });
}

void CopyIn::fail(const std::string& reason) noexcept {
    if (!open_) return;
    open_ = false;
    Connection::State& state = connection_.state();
    try {
        const sys::DeferStop defer;
        state.deadline = std::chrono::steady_clock::now() + drain_limit;
        state.end_copy(PGRES_COPY_IN, reason.c_str());
        (void)state.finish_all();
    } catch (...) {
        // The server's "COPY failed" is what was asked for.
        if (PQtransactionStatus(state.conn.get()) == PQTRANS_ACTIVE) state.lost = true;
    }
    state.deadline.reset();
}

}  // namespace poststack::pg
