// What the calls of stack.h share: the stack's server on its runtime and the login of its own role.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/endpoint.h"
#include "instance/container_server.h"
#include "instance/credentials.h"
#include "instance/database_server.h"
#include "instance/launcher.h"
#include "pg/conninfo.h"
#include "sys/file.h"
#include "workflow/stack.h"

namespace poststack::workflow {

/// The runtime of the stack: "native", "podman" or "docker". What the first `up` recorded stays;
/// before that it is the setting, else native. Errors: conflict when the setting is another than
/// the recorded one: the stack's data is there, and an empty database elsewhere would help nobody.
[[nodiscard]] std::string find_runtime(const StackRequest& request, const config::Project& project);

/// Where to look for the engine of `runtime`.
[[nodiscard]] engine::EndpointQuery engine_query(const StackRequest& request,
                                                 const std::string& runtime);

/// The stack's server on its runtime, with what it needs.
class StackServer {
  public:
    /// `project.id` may still be empty: then there is no server yet. Errors: as find_runtime(); of
    /// engine::connect() when an engine is to run it.
    StackServer(const StackRequest& request, const config::Project& project);

    [[nodiscard]] instance::DatabaseServer& server() noexcept { return *server_; }

    [[nodiscard]] const instance::DatabaseServer& server() const noexcept { return *server_; }

    /// The server when it is a container; else nothing.
    [[nodiscard]] const instance::ContainerServer* container() const noexcept { return container_; }

  private:
    std::unique_ptr<instance::Launcher> launcher_;  // of a native server
    std::unique_ptr<instance::DatabaseServer> server_;
    const instance::ContainerServer* container_ = nullptr;  // what server_ points to
};

/// One `up` or `down` at a time in a project: the others wait and then find nothing to do.
/// `project.state_dir` exists. Errors: conflict when the wait ends (lock_wait + start_timeout).
[[nodiscard]] sys::FileLock lock_project(const StackRequest& request,
                                         const config::Project& project);

/// Remembers the runtime of the first `up` in .poststack/runtime.
void record_runtime(const config::Project& project, const std::string& runtime);

/// The login of the stack's own role on its own database, by the address that the user gets; `view`
/// gives the port that is really in use.
[[nodiscard]] pg::ConnInfo own_login(const StackRequest& request,
                                     const instance::Credentials& credentials,
                                     const instance::ServerView& view);

/// For display; host, port and names as far as they are known.
[[nodiscard]] Endpoint endpoint_of(const instance::Credentials& credentials,
                                   const instance::ServerView& view);

}  // namespace poststack::workflow
