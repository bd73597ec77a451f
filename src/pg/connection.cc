#include "pg/connection.h"

#include <utility>

#include "pg/connection_state.h"

namespace poststack::pg {

using std::chrono::milliseconds;

// The constructors are in connect.cc.
Connection::Connection(Connection&& other) noexcept = default;
Connection& Connection::operator=(Connection&& other) noexcept = default;
Connection::~Connection() = default;

Result Connection::query(const std::string& sql, const Params& params) {
    return state_->guarded([&] {
        std::vector<const char*> values;
        values.reserve(params.size());
        for (const auto& value : params)
            values.push_back(value ? value->c_str() : nullptr);
        state_->require_sent(PQsendQueryParams(get(),
                                               sql.c_str(),
                                               static_cast<int>(values.size()),
                                               nullptr,
                                               values.data(),
                                               nullptr,
                                               nullptr,
                                               0));
        state_->flush();
        std::vector<Result> results = state_->finish_all();
        return results.empty() ? Result{} : std::move(results.back());
    });
}

std::vector<Result> Connection::script_all(const std::string& sql) {
    return state_->guarded([&] {
        state_->require_sent(PQsendQuery(get(), sql.c_str()));
        state_->flush();
        return state_->finish_all();
    });
}

void Connection::script_each(const std::string& sql,
                             const std::function<void(const Result&)>& each) {
    const auto run = [&] {
        state_->require_sent(PQsendQuery(get(), sql.c_str()));
        state_->flush();
        state_->finish_each([&](const Result& result) { each(result); });
    };
    if (!state_->handler) return state_->guarded(run);
    const StatementCount count(get());
    state_->count = &count;
    try {
        state_->guarded(run);
    } catch (...) {
        state_->count = nullptr;
        throw;
    }
    state_->count = nullptr;
}

Result Connection::script(const std::string& sql) {
    std::vector<Result> results = script_all(sql);
    return results.empty() ? Result{} : std::move(results.back());
}

void Connection::set_statement_limit(std::chrono::milliseconds limit) {
    state_->statement_limit = limit;
}

bool Connection::cancel() noexcept {
    return state_->cancel();
}

void Connection::on_notice(std::function<void(const Notice&)> handler) {
    state_->handler = std::move(handler);
}

void Connection::on_wait(milliseconds every, std::function<void(milliseconds)> tick) {
    state_->tick_every = every;
    state_->tick = std::move(tick);
}

std::vector<Notice> Connection::take_notices() {
    std::vector<Notice> notices(std::make_move_iterator(state_->notices.begin()),
                                std::make_move_iterator(state_->notices.end()));
    state_->notices.clear();
    return notices;
}

bool Connection::is_broken() const noexcept {
    return state_->lost || PQstatus(get()) == CONNECTION_BAD;
}

int Connection::backend_pid() const noexcept {
    return PQbackendPID(get());
}

int Connection::server_version() const noexcept {
    return PQserverVersion(get());
}

std::string Connection::parameter_status(const std::string& name) const {
    const char* value = PQparameterStatus(get(), name.c_str());
    return value == nullptr ? std::string{} : value;
}

TransactionStatus Connection::transaction_status() const noexcept {
    switch (PQtransactionStatus(get())) {
        case PQTRANS_IDLE: return TransactionStatus::idle;
        case PQTRANS_ACTIVE: return TransactionStatus::active;
        case PQTRANS_INTRANS: return TransactionStatus::in_transaction;
        case PQTRANS_INERROR: return TransactionStatus::failed;
        case PQTRANS_UNKNOWN: return TransactionStatus::unknown;
    }
    return TransactionStatus::unknown;
}

std::string Connection::tls_version() const {
    if (PQsslInUse(get()) == 0) return {};
    const char* version = PQsslAttribute(get(), "protocol");
    return version == nullptr ? std::string("TLS") : version;
}

pg_conn* Connection::get() const noexcept {
    return state_->conn.get();
}

}  // namespace poststack::pg
