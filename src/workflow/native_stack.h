// What the calls of stack.h share: the project's native server and the login of its own role.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "instance/credentials.h"
#include "instance/launcher.h"
#include "instance/server.h"
#include "pg/conninfo.h"
#include "sys/file.h"
#include "workflow/stack.h"

namespace poststack::workflow {

/// A project's native server with the launcher it needs.
class NativeStack {
  public:
    /// `project.id` may still be empty: then there is no server yet.
    NativeStack(const StackRequest& request, const config::Project& project);

    [[nodiscard]] instance::NativeServer& server() noexcept { return *server_; }

    [[nodiscard]] const instance::NativeServer& server() const noexcept { return *server_; }

  private:
    std::unique_ptr<instance::Launcher> launcher_;
    std::unique_ptr<instance::NativeServer> server_;
};

/// Refuses a runtime that this version does not have. Errors: config.
void check_runtime(const StackRequest& request, const config::Project& project);

/// One `up` or `down` at a time in a project: the others wait and then find nothing to do.
/// `project.state_dir` exists. Errors: conflict when the wait ends (lock_wait + start_timeout).
[[nodiscard]] sys::FileLock lock_project(const StackRequest& request,
                                         const config::Project& project);

/// Remembers the runtime of the first `up` in .poststack/runtime.
void record_runtime(const config::Project& project);

/// The login of the stack's own role on its own database, by the address that the user gets; `view`
/// gives the port that is really in use.
[[nodiscard]] pg::ConnInfo own_login(const StackRequest& request,
                                     const instance::Credentials& credentials,
                                     const instance::ServerView& view);

/// For display; host, port and names as far as they are known.
[[nodiscard]] Endpoint endpoint_of(const instance::Credentials& credentials,
                                   const instance::ServerView& view);

}  // namespace poststack::workflow
