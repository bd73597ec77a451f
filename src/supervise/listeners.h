// Event listeners: programs that are told what happens, by supervisord's protocol.
//
// A listener writes "READY\n", gets one event (a header line and a payload) on its standard input,
// and answers "RESULT 2\nOK" or "RESULT 4\nFAIL"; then it writes "READY\n" again. An event that was
// answered with FAIL, or whose listener died, is offered again.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervise/supervisor.h"

namespace poststack::supervise {

class Listeners {
  public:
    explicit Listeners(Supervisor& supervisor);

    /// Reads the listeners again: the configuration has changed.
    void refresh();

    void state_changed(const Unit& unit, State from);
    void group_changed(const std::string& event, const std::string& group);
    void communicate(const std::string& type, const std::string& data);
    void supervisor_changed(const std::string& event);

    /// When the next TICK_5, TICK_60 or TICK_3600 is due; nothing when nobody listens to them.
    [[nodiscard]] std::optional<Time> deadline() const noexcept { return next_tick_; }

    void tick(Time now);

    /// Hands waiting events to listeners that are ready. After every turn of the loop.
    void deliver();

    /// True when the names a listener subscribed to cover `event`.
    [[nodiscard]] static bool covers(const std::vector<std::string>& names,
                                     std::string_view event) noexcept;

  private:
    struct Event {
        std::string name;
        std::string payload;
        std::uint64_t serial = 0;
        std::uint64_t pool_serial = 0;
    };

    struct Pool {
        std::vector<std::string> names;
        std::size_t buffer_size = 10;
        std::uint64_t serial = 0;
        std::deque<Event> waiting;
    };

    enum class Phase { acknowledged, ready, busy };

    struct Talk {
        pid_t pid = 0;
        Phase phase = Phase::acknowledged;
        std::string input;
        std::optional<Event> event;  ///< being worked on
        std::string output;          ///< that its pipe has not taken yet
    };

    /// PROCESS_LOG_*: what the program writes, where stdout_events_enabled says so.
    void hear(Unit& unit);
    void announce(const std::string& name, const std::string& payload);
    void take_bytes(Unit& unit, std::string_view bytes);
    bool take_result(Unit& unit, Talk& talk);
    void give_back(const Unit& unit, Talk& talk);
    void send(Unit& unit, Talk& talk, Event event);
    void arm();

    Supervisor& supervisor_;
    std::map<std::string, Pool> pools_;  // by group
    std::map<std::string, Talk> talks_;  // by full name
    std::uint64_t serial_ = 0;
    std::optional<Time> next_tick_;
    std::int64_t last_when_ = 0;
};

}  // namespace poststack::supervise
