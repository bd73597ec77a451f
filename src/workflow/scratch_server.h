// A PostgreSQL server for the time of one command.
#pragma once

#include <memory>
#include <string>

#include "pg/conninfo.h"
#include "workflow/stack.h"

namespace poststack::workflow {

/// A native server of the project's own, beside its real one: with a data directory made anew, not
/// durable, reachable on this machine only. One per project at a time: a second maker waits.
///
/// It is stopped and removed when this dies. A killed program leaves it behind; the next one
/// removes it: the lock on the file "scratch-server.lock" tells that its maker is gone.
class ScratchServer {
  public:
    /// Errors: not_found when PostgreSQL `major` is not installed here; conflict when another run
    /// keeps the lock; what NativeServer::start() throws.
    ScratchServer(const StackRequest& request, int major);
    ScratchServer(const ScratchServer&) = delete;
    ScratchServer& operator=(const ScratchServer&) = delete;
    ~ScratchServer();

    /// The superuser on database "postgres".
    [[nodiscard]] pg::ConnInfo superuser() const;

    /// Makes a role `name` that may log in, and returns its login.
    [[nodiscard]] pg::ConnInfo make_role(const std::string& name) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace poststack::workflow
