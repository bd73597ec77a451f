// The supervisor: turns exits, time and requests into events for each program's life, and carries
// out what the life answers. One thread; nothing here waits.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "supervise/config.h"
#include "supervise/journal.h"
#include "supervise/memory.h"
#include "supervise/oom.h"
#include "supervise/outlet.h"
#include "supervise/stream.h"
#include "supervise/unit.h"
#include "sys/poller.h"

namespace poststack::supervise {

/// What the supervisor works with; everything outlives it.
struct Workshop {
    sys::Poller& poller;
    Journal& journal;
    Streams& streams;
    Outlet& out;  ///< our standard output
    Outlet& err;  ///< our standard error
    std::map<std::string, std::string> environment;
};

/// What "reread" found.
struct ConfigChange {
    std::vector<std::string> added;  ///< names of groups
    std::vector<std::string> changed;
    std::vector<std::string> removed;
};

class Supervisor {
  public:
    /// Told of every change of a program's state, after it has happened.
    using Observer = std::function<void(const Unit& unit, State from)>;

    /// Makes the logs of every program. Errors: config for an account that is not there; io, denied
    /// for a log file that cannot be made.
    Supervisor(Config config, Workshop workshop);
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;
    ~Supervisor() = default;

    /// Starts what is to be started.
    void boot(Time now);

    /// When tick() is to be called; nothing while only events matter.
    [[nodiscard]] std::optional<Time> deadline() const noexcept;
    void tick(Time now);

    /// A child has ended. False when it was no program's: an orphan.
    bool take_exit(pid_t pid, int code, int signal, Time now);

    /// A signal that asks us to stop: the first in order, the second without waiting for anything
    /// but PostgreSQL, the third at once. `sender` is its process, 0 when unknown.
    void take_stop_signal(pid_t sender, Time now);

    /// Stops everything for good; the exit code tells `cause`'s reason, nullptr when it was asked.
    void begin_shutdown(const Unit* cause, Time now);

    [[nodiscard]] bool is_stopping() const noexcept { return stop_.has_value(); }

    /// True once everything has ended after begin_shutdown().
    [[nodiscard]] bool is_done() const noexcept;

    /// See docs/supervision.md. Meaningful once is_done().
    [[nodiscard]] int exit_code() const noexcept;

    /// One line for the termination log and for the last words.
    [[nodiscard]] std::string verdict() const;

    // Requests:

    void start(Unit& unit, Time now);
    void stop(Unit& unit, Time now);
    bool send_signal(const Unit& unit, int number);
    void reopen_logs();

    [[nodiscard]] const std::vector<std::unique_ptr<Unit>>& units() const noexcept {
        return units_;
    }

    [[nodiscard]] Unit* find(std::string_view group, std::string_view name) noexcept;
    [[nodiscard]] std::vector<Unit*> group(std::string_view name) noexcept;

    [[nodiscard]] const Config& config() const noexcept { return config_; }

    void observe(Observer observer) { observers_.push_back(std::move(observer)); }

    // Another configuration:

    /// Compares `fresh` with what runs; keeps it for add_group().
    ConfigChange take_config(Config fresh);
    /// False when there is such a group already.
    bool add_group(const std::string& name, Time now);
    /// False while one of its programs runs.
    bool remove_group(const std::string& name);
    [[nodiscard]] bool is_configured(std::string_view group) const noexcept;
    [[nodiscard]] const Config& fresh_config() const noexcept { return fresh_; }

    /// Programs for whose dependencies nothing is known to be wrong, with their probes.
    [[nodiscard]] bool is_ready(const Unit& unit) const noexcept;
    /// What an unready program waits for, or suffers from.
    [[nodiscard]] std::string unready_text(const Unit& unit) const;

    [[nodiscard]] std::uint64_t orphans() const noexcept { return orphans_; }

    /// What the run before this one left; nothing without state_file=, or at the first run.
    [[nodiscard]] const std::optional<Memory>& before() const noexcept { return before_; }

    /// Writes the state file; `exit` with the last words. Says so when it cannot.
    void remember(std::optional<Memory::Exit> exit, Time now);

    [[nodiscard]] Workshop& workshop() noexcept { return workshop_; }

  private:
    struct Stop {
        Time began;
        Time end;  ///< of the budget
        int requests = 1;
        Reason reason = Reason::requested;
        std::string culprit;
        int code = 0;
        bool killed = false;  ///< something did not stop in time
        bool postgres_killed = false;
    };

    // remember.cc
    void recall();
    void remind(Unit& unit) const noexcept;

    // units_start.cc
    void add_unit(const ProgramConfig& program);
    void open_logs(Unit& unit);
    [[nodiscard]] std::shared_ptr<ProgramLog> make_log(const Unit& unit,
                                                       const LogTarget& target,
                                                       const std::string& stream,
                                                       std::string& path) const;
    [[nodiscard]] bool are_dependencies_met(const Unit& unit) const noexcept;
    void want_start(Unit& unit, Time now);
    void release_held(Time now);
    void spawn(Unit& unit, Time now);
    [[nodiscard]] bool is_clear(Unit& unit, Time now, sys::UniqueFd& lock);
    [[nodiscard]] bool is_group_gone(Unit& unit, Time now);
    [[nodiscard]] std::vector<std::string> variables_of(Unit& unit) const;
    void fail_spawn(Unit& unit, std::string why, Time now);
    void watch_run(Unit& unit, CheckFrame frame);

    // units_end.cc
    void take_unit_exit(Unit& unit, int code, int signal, Time now);
    [[nodiscard]] Ending judge(const Unit& unit, int code, int signal) const noexcept;
    void end_run(Unit& unit, int code, int signal, Time now);
    void act(Unit& unit, Action action, State from, Time now);
    void changed(Unit& unit, State from, Time now);
    void set_ready(Unit& unit, bool ready, const std::string& why, Time now);
    void tell_dependents(Unit& unit, Time now);
    void restart_for(Unit& unit, Reason reason, Time now);
    void note_crashes(Unit& unit, State from, Time now);
    void judge_critical(Unit& unit, Time now);

    // stopping.cc
    void want_stop(Unit& unit,
                   Reason reason,
                   std::optional<std::chrono::milliseconds> wait,
                   Time now);
    void send_stop(Unit& unit);
    void send_kill(Unit& unit, Time now);
    void advance_stop(Time now);
    void tick_unit(Unit& unit, Time now);
    void tick_start(Unit& unit, Time now);

    Config config_;
    Config fresh_;
    Workshop workshop_;
    OomWatch oom_;
    std::vector<std::unique_ptr<Unit>> units_;
    std::vector<Observer> observers_;
    std::optional<Stop> stop_;
    std::uint64_t orphans_ = 0;
    std::optional<Memory> before_;  ///< its ages are those at our start
};

}  // namespace poststack::supervise
