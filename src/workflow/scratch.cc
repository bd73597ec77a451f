#include "workflow/scratch.h"

#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "sys/random.h"
#include "sys/signal.h"
#include "workflow/scratch_server.h"

namespace poststack::workflow {

namespace {

constexpr std::string_view prefix = "poststack_scratch_";
constexpr std::string_view insufficient_privilege = "42501";

std::string random_suffix() {
    return fmt::format("{:08x}", sys::random_u64() & 0xffffffffU);
}

}  // namespace

std::string database_options(pg::Connection& session) {
    const int version = session.server_version();
    const std::string locale = version >= 170000   ? "datlocale"
                               : version >= 150000 ? "daticulocale"
                                                   : "NULL";
    const pg::Result row = session.query(fmt::format(
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype, {}, {} FROM pg_database"
        " WHERE datname = current_database()",
        version >= 150000 ? "datlocprovider" : "'c'",
        locale));
    std::string options = fmt::format(" TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}",
                                      session.quote_literal(row.value(0, 0)),
                                      session.quote_literal(row.value(0, 1)),
                                      session.quote_literal(row.value(0, 2)));
    if (row.value(0, 3) == "i") {
        options += fmt::format(" LOCALE_PROVIDER icu ICU_LOCALE {}",
                               session.quote_literal(row.value(0, 4)));
    } else if (row.value(0, 3) == "b") {
        options += fmt::format(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {}",
                               session.quote_literal(row.value(0, 4)));
    }
    return options;
}

ScratchPlan ScratchPlan::clone() const {
    return {maintenance.clone(), work.clone(), extensions, server, options};
}

struct ScratchDatabase::State {
    explicit State(ScratchPlan given) : plan(std::move(given)), session(plan.maintenance) {
        number = session.query("SELECT oid FROM pg_database WHERE datname = current_database()")
                     .value(0, 0);
    }

    ScratchPlan plan;
    pg::Connection session;
    std::string number;
    std::string name;
    std::vector<std::string> cleaned;
    bool exists = false;

    /// False when somebody else lives in `database`.
    bool try_lock(const std::string& database) {
        return session.query("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", {database})
            .boolean(0, 0);
    }

    void unlock(const std::string& database) {
        session.query("SELECT pg_advisory_unlock(hashtextextended($1, 0))", {database});
    }

    void drop(const std::string& database) {
        session.script(fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)",
                                   session.quote_identifier(database)));
    }

    void drop_leftovers() {
        const pg::Result found = session.query(
            "SELECT datname FROM pg_database WHERE datname ~ ('^' || $1 || '_[0-9a-f]{8}$')",
            {std::string(prefix) + number});
        for (std::size_t row = 0; row < found.rows(); ++row) {
            const std::string database(found.value(row, 0));
            if (!try_lock(database)) continue;
            try {
                drop(database);
                cleaned.push_back(database);
            } catch (const Error& error) {
                // Another role's: that role's next run drops it.
                if (error.kind() != ErrorKind::database) throw;
            }
            unlock(database);
        }
    }

    void create() {
        const sys::DeferStop defer;  // a stop between the statement and the note would leave it
        try {
            session.script(
                fmt::format("CREATE DATABASE {} OWNER {}{}",
                            session.quote_identifier(name),
                            session.quote_identifier(plan.work.user),
                            plan.options.empty() ? database_options(session) : plan.options));
        } catch (const Error& error) {
            if (error.sqlstate() != insufficient_privilege) throw;
            throw Error(ErrorKind::denied,
                        fmt::format("role \"{}\" may not create the scratch database this needs",
                                    plan.maintenance.user))
                .sqlstate(error.sqlstate())
                .hint(
                    "Give it the right with ALTER ROLE ... CREATEDB, name another server with "
                    "--scratch-url, or install the server's version of PostgreSQL on this "
                    "machine.");
        }
        exists = true;
    }

    void create_extensions() const {
        if (plan.extensions.empty()) return;
        pg::Connection inside(plan.maintenance.with_database(name));
        for (const std::string& extension : plan.extensions) {
            inside.script(fmt::format("CREATE EXTENSION IF NOT EXISTS {} CASCADE",
                                      inside.quote_identifier(extension)));
        }
    }
};

ScratchDatabase::ScratchDatabase(ScratchPlan plan)
    : state_(std::make_unique<State>(std::move(plan))) {
    state_->drop_leftovers();
    do {
        state_->name = fmt::format("{}{}_{}", prefix, state_->number, random_suffix());
    } while (!state_->try_lock(state_->name));
    state_->create();
    try {
        state_->create_extensions();
    } catch (const Error&) {
        const sys::DeferStop defer;
        state_->drop(state_->name);
        throw;
    }
}

ScratchDatabase::~ScratchDatabase() {
    if (!state_->exists || state_->plan.server) return;  // such a server goes as a whole
    const sys::DeferStop defer;
    try {
        if (state_->session.is_broken()) state_->session = pg::Connection(state_->plan.maintenance);
        state_->drop(state_->name);
    } catch (const Error&) {
        // Deliberately quiet: the server is gone, and the next run drops it.
    }
}

const std::string& ScratchDatabase::name() const noexcept {
    return state_->name;
}

pg::ConnInfo ScratchDatabase::login() const {
    return state_->plan.work.with_database(state_->name);
}

void ScratchDatabase::recreate() {
    {
        const sys::DeferStop defer;
        state_->drop(state_->name);
        state_->exists = false;
    }
    state_->create();
    state_->create_extensions();
}

bool ScratchDatabase::cleaned_server() const noexcept {
    return state_->plan.server && state_->plan.server->found_leftover();
}

const std::vector<std::string>& ScratchDatabase::cleaned() const noexcept {
    return state_->cleaned;
}

}  // namespace poststack::workflow
