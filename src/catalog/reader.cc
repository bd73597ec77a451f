#include "catalog/reader.h"

#include <fmt/format.h>

#include "base/error.h"
#include "catalog/collector.h"
#include "pg/pipeline.h"
#include "sys/random.h"

namespace poststack::catalog {

namespace {

constexpr std::string_view unknown_statement = "26000";  // invalid_sql_statement_name

/// True inside a transaction of the caller.
bool is_inside(const pg::Connection& connection) {
    const pg::TransactionStatus status = connection.transaction_status();
    if (status == pg::TransactionStatus::failed)
        throw Error(ErrorKind::bug, "a fingerprint was asked for inside a failed transaction");
    return status == pg::TransactionStatus::in_transaction;
}

}  // namespace

struct FingerprintReader::State {
    State(pg::Connection& session, const Scope& scope, bool keeps_plans)
        : connection(session),
          queries(catalogue_queries(session.server_version(), scope)),
          prepare(keeps_plans) {}

    pg::Connection& connection;
    std::vector<Query> queries;
    bool prepare;  ///< planning takes longer than running: worth it from the second time on
    bool prepared = false;
    std::uint64_t number = sys::random_u64();  ///< of statements: others may use the session too

    std::string statement(const Query& query) const {
        return fmt::format("poststack_catalog_{:x}_{}", number, query.name);
    }

    void send_all(pg::Pipeline& pipeline, bool inside) const {
        pipeline.send(inside ? "SAVEPOINT poststack_catalog"
                             : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        pipeline.send(std::string(fixed_settings));
        for (const Query& query : queries) {
            if (prepare && !prepared)
                pipeline.send("PREPARE " + statement(query) + " AS " + query.sql);
            pipeline.send(prepare ? "EXECUTE " + statement(query) : query.sql);
        }
        pipeline.send(inside ? "ROLLBACK TO SAVEPOINT poststack_catalog" : "ROLLBACK");
        if (inside) pipeline.send("RELEASE SAVEPOINT poststack_catalog");
        pipeline.sync();
    }

    Fingerprint read(bool inside) {
        Collector collector;
        pg::Pipeline pipeline(connection);
        send_all(pipeline, inside);
        (void)pipeline.next();
        (void)pipeline.next();
        for (const Query& query : queries) {
            with_context([&] { return fmt::format("reading the catalogue ({})", query.name); },
                         [&] {
                             if (prepare && !prepared) (void)pipeline.next();
                             collector.add(pipeline.next(), !query.unit.empty());
                         });
        }
        (void)pipeline.finish();
        prepared = prepare;
        return Fingerprint(collector.take());
    }

    /// Lets another reader use the names.
    void forget_plans() const noexcept {
        if (!prepared || connection.is_broken()) return;
        try {
            std::string all;
            for (const Query& query : queries)
                all += "DEALLOCATE " + statement(query) + ";";
            connection.script(all);
        } catch (const Error&) {
            // Deliberately quiet: in a failed transaction, or dropped already.
        }
    }

    /// Leaves the caller's transaction usable after a failure.
    void clean_up(bool inside) const noexcept {
        try {
            if (!inside) {
                connection.script("ROLLBACK");
            } else {
                connection.script(
                    "ROLLBACK TO SAVEPOINT poststack_catalog; RELEASE SAVEPOINT poststack_catalog");
            }
        } catch (const Error&) {
            // Deliberately quiet: the first failure is the one to report.
        }
    }
};

FingerprintReader::FingerprintReader(pg::Connection& connection, const Scope& scope)
    : state_(std::make_unique<State>(connection, scope, true)) {}

FingerprintReader::~FingerprintReader() {
    state_->forget_plans();
}

Fingerprint FingerprintReader::read() {
    const bool inside = is_inside(state_->connection);
    try {
        return state_->read(inside);
    } catch (const Error& error) {
        state_->clean_up(inside);
        state_->number = sys::random_u64();  // some of its statements may be there
        // DISCARD ALL or DEALLOCATE ALL in a migration drops our statements too.
        if (!state_->prepared || error.sqlstate() != unknown_statement) throw;
    }
    state_->prepared = false;
    return state_->read(inside);
}

Fingerprint read_fingerprint(pg::Connection& connection, const Scope& scope) {
    FingerprintReader::State state(connection, scope, false);
    const bool inside = is_inside(connection);
    try {
        return state.read(inside);
    } catch (const Error&) {
        state.clean_up(inside);
        throw;
    }
}

}  // namespace poststack::catalog
