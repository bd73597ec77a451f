#include "instance/provision.h"

#include <fmt/format.h>

#include "base/error.h"
#include "instance/template_cache.h"

namespace poststack::instance {
namespace {

struct Present {
    bool role = false;
    bool database = false;
    bool spare = false;
};

Present look(pg::Connection& superuser, const ProvisionPlan& plan) {
    const pg::Result found = superuser.query(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1),"
        " EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $2),"
        " EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $3)",
        {plan.role, plan.database, std::string(spare_database)});
    return {
        .role = found.boolean(0, 0), .database = found.boolean(0, 1), .spare = found.boolean(0, 2)};
}

/// The statements that bring role and database in line; empty when they are.
std::string plan_changes(pg::Connection& superuser,
                         const ProvisionPlan& plan,
                         const Present& present,
                         ProvisionResult& result) {
    const std::string role = superuser.quote_identifier(plan.role);
    const std::string database = superuser.quote_identifier(plan.database);
    std::string sql;
    if (!present.role || plan.may_set_password) {
        // The plain password never goes over: not even a log_statement = all could show it.
        const Secret verifier = pg::scram_verifier(superuser, plan.role, plan.password);
        sql += fmt::format("{} ROLE {} LOGIN PASSWORD {};\n",
                           present.role ? "ALTER" : "CREATE",
                           role,
                           superuser.quote_literal(verifier.reveal()));
        result.role_created = !present.role;
        result.password_set = true;
    }
    if (!present.database && present.spare) {
        sql += fmt::format("ALTER DATABASE {} RENAME TO {};\nALTER DATABASE {} OWNER TO {};\n",
                           spare_database,
                           database,
                           database,
                           role);
        result.database_created = true;
    }
    return sql;
}

void create_extensions(const pg::ConnInfo& login,
                       const ProvisionPlan& plan,
                       ProvisionResult& result) {
    if (plan.extensions.empty()) return;
    pg::Connection database(login.with_database(plan.database));
    for (const std::string& extension : plan.extensions) {
        const pg::Result found =
            database.query("SELECT 1 FROM pg_catalog.pg_extension WHERE extname = $1", {extension});
        if (found.rows() > 0) continue;
        try {
            (void)database.query("CREATE EXTENSION IF NOT EXISTS " +
                                 database.quote_identifier(extension) + " CASCADE");
        } catch (Error& error) {
            error.add_context(fmt::format("creating extension \"{}\"", extension));
            if (error.sqlstate() == "0A000" || error.sqlstate() == "58P01") {
                error.set_hint(
                    "Install the package that brings it for this PostgreSQL version, or "
                    "take it out of the setting extensions.");
            }
            throw;
        }
        result.extensions_created.push_back(extension);
    }
}

}  // namespace

ProvisionResult provision(const pg::ConnInfo& superuser_login, const ProvisionPlan& plan) {
    ProvisionResult result;
    {
        pg::Connection session(superuser_login);
        const Present present = look(session, plan);
        const std::string sql = plan_changes(session, plan, present, result);
        // One implicit transaction: a kill leaves all of it or nothing.
        if (!sql.empty()) (void)session.script(sql);
        if (present.database && present.spare) {
            (void)session.query(fmt::format("DROP DATABASE {}", spare_database));
        }
        if (!present.database && !present.spare) {
            (void)session.query("CREATE DATABASE " + session.quote_identifier(plan.database) +
                                " OWNER " + session.quote_identifier(plan.role));
            result.database_created = true;
        }
    }
    create_extensions(superuser_login, plan, result);
    return result;
}

}  // namespace poststack::instance
