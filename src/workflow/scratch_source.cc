#include "workflow/scratch_source.h"

#include "base/error.h"
#include "config/keys.h"
#include "pg/connection.h"
#include "workflow/native_stack.h"

namespace poststack::workflow {

namespace {

/// The superuser's login on the database of `login`, when it works.
std::optional<pg::ConnInfo> find_superuser(const StackRequest& request, const pg::ConnInfo& login) {
    try {
        const NativeStack stack(request, request.project);
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

}  // namespace

ScratchPlan plan_scratch(const StackRequest& request,
                         const instance::Target& target,
                         const pg::ConnInfo& login) {
    ScratchPlan plan{login.clone(), login.clone(), {}};
    if (!target.is_own_stack) return plan;
    plan.extensions = request.settings.list(config::key::extensions);
    if (auto superuser = find_superuser(request, login)) plan.maintenance = std::move(*superuser);
    return plan;
}

}  // namespace poststack::workflow
