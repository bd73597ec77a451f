// What a run does at the moment, for people who wait, and what it waits for.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "migrate/apply.h"
#include "pg/connection.h"

namespace poststack::migrate {

/// Looks at the working session from the lock session while a statement takes long.
class Watch {
  public:
    /// Both sessions must outlive the watch. `on_progress` is told about once a second.
    Watch(pg::Connection& work, pg::Connection& lock, ProgressCallback on_progress);
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch();

    /// Says what is sent next; `statement` describes it, "" when it is many at once.
    void begin(std::string file, std::string statement);

    /// Forgets who stood in the way: a new attempt begins.
    void forget_blockers() { blockers_.clear(); }

    /// The sessions that the work was last seen waiting for, "" for none: `server process 812
    /// (role "shop", idle in transaction since ..., last ran: ...)`.
    [[nodiscard]] const std::string& blockers() const noexcept { return blockers_; }

  private:
    void tick(std::chrono::milliseconds waited) noexcept;
    [[nodiscard]] std::string find_blockers();
    [[nodiscard]] std::string find_index_progress();

    pg::Connection& work_;
    pg::Connection& lock_;
    ProgressCallback on_progress_;
    std::string file_;
    std::string statement_;
    std::string blockers_;
    std::chrono::milliseconds next_look_{0};
};

}  // namespace poststack::migrate
