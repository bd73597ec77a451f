#include "workflow/scratch_source.h"

#include "base/error.h"
#include "config/keys.h"
#include "pg/connection.h"
#include "workflow/scratch_likeness.h"
#include "workflow/scratch_server.h"
#include "workflow/stack_server.h"

namespace poststack::workflow {

namespace {

/// The superuser's login on the database of `login`, when it works.
std::optional<pg::ConnInfo> find_superuser(const StackRequest& request, const pg::ConnInfo& login) {
    try {
        const StackServer stack(request, request.project);
        const instance::ServerView view = stack.server().look();
        if (view.state != instance::ServerState::running) return std::nullopt;
        pg::ConnInfo superuser = stack.server().superuser_login(view).with_database(login.database);
        const pg::Connection attempt(superuser);
        return superuser;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        return std::nullopt;  // another account's server: the project's role may be able to
    }
}

bool may_create_databases(pg::Connection& session) {
    return session
        .query("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
        .boolean(0, 0);
}

/// Leaves `plan` alone when there is no PostgreSQL of that version here: making the database then
/// says what the role lacks.
void use_scratch_server(const StackRequest& request, int major, ScratchPlan& plan) {
    try {
        plan.server = std::make_shared<ScratchServer>(
            request, ScratchServerPlan{major, ScratchPlace::disk, {}});
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::not_found) return;
        throw;
    }
    plan.maintenance = plan.server->superuser();
    plan.work = plan.server->make_role(plan.work.user);
}

/// The server of a proof. Leaves `plan` alone when it cannot be had: the project's own server does
/// it as well.
void use_quick_server(const StackRequest& request,
                      const pg::ConnInfo& superuser,
                      ScratchPlace place,
                      ScratchPlan& plan) {
    pg::Connection real(superuser);
    try {
        plan.server = std::make_shared<ScratchServer>(
            request,
            ScratchServerPlan{real.server_version() / 10'000, place, altered_settings(real)});
        pg::Connection made(plan.server->superuser());
        copy_roles(real, made);
        plan.options = database_options(real);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::interrupted) throw;
        plan.server.reset();
        return;
    }
    plan.maintenance = plan.server->superuser();
    plan.work = plan.server->make_role(plan.work.user);
}

}  // namespace

ScratchPlan plan_scratch(const StackRequest& request,
                         const instance::Target& target,
                         const pg::ConnInfo& login,
                         ScratchUse use) {
    ScratchPlan plan{login.clone(), login.clone(), {}, {}, {}};
    if (!target.is_own_stack) {
        pg::Connection session(login);
        if (!may_create_databases(session))
            use_scratch_server(request, session.server_version() / 10'000, plan);
        return plan;
    }
    plan.extensions = request.settings.list(config::key::extensions);
    if (auto superuser = find_superuser(request, login)) {
        plan.maintenance = std::move(*superuser);
        if (use == ScratchUse::replay) return plan;
        const ScratchPlace place =
            use == ScratchUse::proof ? ScratchPlace::memory : ScratchPlace::disk;
        use_quick_server(request, plan.maintenance.clone(), place, plan);
    }
    return plan;
}

}  // namespace poststack::workflow
