// A PostgreSQL server for the time of one command.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pg/conninfo.h"
#include "workflow/stack.h"

namespace poststack::workflow {

/// Where a scratch server keeps its files.
enum class ScratchPlace {
    memory,  ///< /dev/shm, when it has room; else beside the project's data
    disk,    ///< beside the project's data
};

struct ScratchServerPlan {
    int major = 0;
    ScratchPlace place = ScratchPlace::disk;

    /// Server settings beside those of the project: name, value.
    std::vector<std::pair<std::string, std::string>> settings;
};

/// A native server of the project's own, beside its real one: with a data directory made anew, not
/// durable, reachable on this machine only. One per project at a time: a second maker waits.
///
/// It is stopped and removed when this dies. A killed program leaves it behind; the next one
/// removes it: the lock on the file "scratch-server.lock" tells that its maker is gone.
class ScratchServer {
  public:
    /// Errors: not_found when PostgreSQL `major` is not installed here; conflict when another run
    /// keeps the lock; what NativeServer::start() throws.
    ScratchServer(const StackRequest& request, const ScratchServerPlan& plan);
    ScratchServer(const ScratchServer&) = delete;
    ScratchServer& operator=(const ScratchServer&) = delete;
    ~ScratchServer();

    /// True when its files are in memory.
    [[nodiscard]] bool is_in_memory() const noexcept;

    /// True when a killed run had left one, which was removed.
    [[nodiscard]] bool found_leftover() const noexcept;

    /// The superuser on database "postgres".
    [[nodiscard]] pg::ConnInfo superuser() const;

    /// Lets role `name` log in, made anew when there is none, and returns its login.
    [[nodiscard]] pg::ConnInfo make_role(const std::string& name) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace poststack::workflow
