#include "pg/pipeline.h"

#include <fmt/format.h>

#include "pg/connection_state.h"
#include "sys/signal.h"

namespace poststack::pg {

struct Pipeline::State {
    explicit State(Connection::State& owner) : session(owner) {}

    Connection::State& session;
    std::size_t pending = 0;       ///< statements not handed out
    std::size_t syncs = 0;         ///< sync points whose answer was not read
    bool unsynced = false;         ///< something was sent after the last sync point
    std::optional<Error> failure;  ///< what made the server skip; cleared by its sync point

    PGconn* conn() const { return session.conn.get(); }

    /// Counts a statement that libpq has taken; `sent` is what libpq said.
    void queued(int sent) {
        session.require_sent(sent);
        ++pending;
        unsynced = true;
    }

    /// Reads the answers of sync points that stand before the next statement's result.
    PGresult* next_after_syncs() {
        for (int ends = 0;;) {
            PGresult* raw = session.next_result();
            if (raw == nullptr) {  // the end of the statement before; two mean that none is left
                if (PQstatus(conn()) == CONNECTION_BAD) throw lost_error(first_line(conn()));
                if (++ends > 1) throw Error(ErrorKind::bug, "a result is missing in the pipeline");
                continue;
            }
            if (PQresultStatus(raw) != PGRES_PIPELINE_SYNC) return raw;
            PQclear(raw);
            --syncs;
            failure.reset();
        }
    }

    void drain() {
        while (pending > 0 || syncs > 0) {
            PGresult* raw = session.next_result();
            if (raw == nullptr) {
                if (PQstatus(conn()) == CONNECTION_BAD) return;
                continue;
            }
            const ExecStatusType status = PQresultStatus(raw);
            PQclear(raw);
            if (status == PGRES_PIPELINE_SYNC) {
                --syncs;
            } else if (pending > 0) {
                --pending;
            }
        }
    }
};

Pipeline::Pipeline(Connection& connection) : state_(std::make_unique<State>(connection.state())) {
    state_->session.begin_statement();
    if (PQenterPipelineMode(state_->conn()) != 1) {
        throw Error(ErrorKind::bug, "the session is busy: no pipeline can begin");
    }
}

Pipeline::~Pipeline() {
    Connection::State& session = state_->session;
    try {
        const sys::DeferStop defer;
        session.deadline = std::chrono::steady_clock::now() + drain_limit;
        if (state_->unsynced) sync();
        state_->drain();
    } catch (...) {
        session.lost = true;
    }
    session.deadline.reset();
    // libpq leaves the mode only when nothing is queued.
    while (PQstatus(state_->conn()) == CONNECTION_OK && !session.lost) {
        PGresult* rest = PQgetResult(state_->conn());
        if (rest == nullptr) break;
        PQclear(rest);
    }
    if (PQexitPipelineMode(state_->conn()) != 1) session.lost = true;
}

namespace {

std::vector<const char*> to_pointers(const Params& params) {
    std::vector<const char*> values;
    values.reserve(params.size());
    for (const auto& value : params)
        values.push_back(value ? value->c_str() : nullptr);
    return values;
}

}  // namespace

void Pipeline::send(const std::string& sql, const Params& params) {
    const std::vector<const char*> values = to_pointers(params);
    state_->queued(PQsendQueryParams(state_->conn(),
                                     sql.c_str(),
                                     static_cast<int>(values.size()),
                                     nullptr,
                                     values.data(),
                                     nullptr,
                                     nullptr,
                                     0));
}

void Pipeline::prepare(const std::string& name, const std::string& sql) {
    state_->queued(PQsendPrepare(state_->conn(), name.c_str(), sql.c_str(), 0, nullptr));
}

void Pipeline::execute(const std::string& name, const Params& params) {
    const std::vector<const char*> values = to_pointers(params);
    state_->queued(PQsendQueryPrepared(state_->conn(),
                                       name.c_str(),
                                       static_cast<int>(values.size()),
                                       values.data(),
                                       nullptr,
                                       nullptr,
                                       0));
}

void Pipeline::sync() {
    state_->session.require_sent(PQpipelineSync(state_->conn()));
    ++state_->syncs;
    state_->unsynced = false;
    state_->session.flush();
}

Result Pipeline::next() {
    if (state_->pending == 0) throw Error(ErrorKind::bug, "no statement is pending");
    Connection::State& session = state_->session;
    try {
        Result result(state_->next_after_syncs());
        --state_->pending;
        const ExecStatusType status = PQresultStatus(result.get());
        if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ||
            status == PGRES_EMPTY_QUERY) {
            return result;
        }
        if (status != PGRES_PIPELINE_ABORTED) {
            state_->failure = server_error(result.get(), session.conn.get());
        }
        if (state_->failure) throw *state_->failure;
        throw Error(ErrorKind::bug, "the server skipped a statement without a failure");
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) session.abandon();
        throw;
    }
}

std::size_t Pipeline::pending() const noexcept {
    return state_->pending;
}

Result Pipeline::finish() {
    if (state_->unsynced) sync();
    std::optional<Error> first;
    Result last;
    while (state_->pending > 0) {
        try {
            last = next();
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::interrupted) throw;
            if (!first) first = error;
            if (PQstatus(state_->conn()) == CONNECTION_BAD) break;
        }
    }
    if (first) throw *first;
    return last;
}

}  // namespace poststack::pg
