#include "supervise/state.h"

namespace poststack::supervise {

std::string_view name(State state) noexcept {
    switch (state) {
        case State::stopped: return "STOPPED";
        case State::starting: return "STARTING";
        case State::running: return "RUNNING";
        case State::backoff: return "BACKOFF";
        case State::stopping: return "STOPPING";
        case State::exited: return "EXITED";
        case State::fatal: return "FATAL";
    }
    return "UNKNOWN";
}

}  // namespace poststack::supervise
