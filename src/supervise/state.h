// The life of one supervised program, as a pure table. See docs/supervision.md.
#pragma once

#include <string_view>

namespace poststack::supervise {

/// The states of supervisord, with its numbers.
enum class State {
    stopped = 0,
    starting = 10,
    running = 20,
    backoff = 30,
    stopping = 40,
    exited = 100,
    fatal = 200,
};

enum class Event {
    start,         ///< somebody, or autostart, wants it to run
    retry,         ///< the wait after a failed start is over
    lived,         ///< it lived longer than startsecs
    start_failed,  ///< it could not be run, or died before startsecs; another try is left
    gave_up,       ///< the same, and it was the last try; or it ended too often before we began
    ended,         ///< a running program ended, and stays so
    ended_again,   ///< a running program ended, and is started again at once
    crashed,       ///< a running program ended at once, and is started again after a wait
    crashed_out,   ///< a running program ended more often than it may
    stop,          ///< somebody wants it to end
    stop_late,     ///< the time to end in its own way is over
    gone,          ///< a program that was told to stop has ended
};

enum class Action {
    none,
    spawn,      ///< run it
    wait,       ///< set the clock for the next try
    send_stop,  ///< tell it to end
    send_kill,  ///< end it
};

struct Step {
    State next;
    Action action;
};

/// What `event` makes of a program in `state`. A pair not listed changes nothing.
[[nodiscard]] constexpr Step step(State state, Event event) noexcept {
    using enum State;
    using enum Event;
    using enum Action;
    struct Rule {
        State in;
        Event on;
        State next;
        Action action;
    };
    // clang-format off
    constexpr Rule life[] = {
        {stopped,  start,        starting, spawn},
        {exited,   start,        starting, spawn},
        {fatal,    start,        starting, spawn},
        {backoff,  start,        starting, spawn},
        {stopped,  gave_up,      fatal,    none},
        {backoff,  retry,        starting, spawn},
        {starting, lived,        running,  none},
        {starting, start_failed, backoff,  wait},
        {starting, gave_up,      fatal,    none},
        {running,  ended,        exited,   none},
        {running,  ended_again,  starting, spawn},
        {running,  crashed,      backoff,  wait},
        {running,  crashed_out,  fatal,    none},
        {starting, stop,         stopping, send_stop},
        {running,  stop,         stopping, send_stop},
        {backoff,  stop,         stopped,  none},
        {stopping, stop_late,    stopping, send_kill},
        {stopping, gone,         stopped,  none},
    };
    // clang-format on
    for (const Rule& rule : life) {
        if (rule.in == state && rule.on == event) return {rule.next, rule.action};
    }
    return {state, none};
}

/// True while a process of the program exists.
[[nodiscard]] constexpr bool has_process(State state) noexcept {
    return state == State::starting || state == State::running || state == State::stopping;
}

/// "STARTING", as supervisorctl prints it.
[[nodiscard]] std::string_view name(State state) noexcept;

}  // namespace poststack::supervise
