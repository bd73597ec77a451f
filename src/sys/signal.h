// SIGINT and SIGTERM as an orderly stop of the running command.
#pragma once

#include <chrono>

namespace poststack::sys {

/// Installs handlers for SIGINT and SIGTERM that note the signal and wake every wait of this
/// module; SIGPIPE is ignored. Call once, from main. A second signal of the same kind, more than a
/// second after the first, ends the process at once.
void install_stop_signals();

/// The signal that asked us to stop, 0 when none has arrived.
[[nodiscard]] int stop_requested() noexcept;

/// Throws Error(interrupted) when a stop was asked for.
void check_interrupted();

/// A descriptor that is readable once a stop was asked for: for poll(2) beside other descriptors.
/// -1 before install_stop_signals().
[[nodiscard]] int stop_fd() noexcept;

/// For as long as it lives, check_interrupted() and the waits do not throw: a step that must not
/// be cut (the stop is then taken at the next check). Nests.
class DeferStop {
  public:
    DeferStop() noexcept;
    DeferStop(const DeferStop&) = delete;
    DeferStop& operator=(const DeferStop&) = delete;
    ~DeferStop();
};

enum class WaitResult { ready, timeout };

/// Waits until `fd` is readable (or writable), `limit` has passed, or a stop is asked for (throws
/// interrupted). fd -1 only waits.
[[nodiscard]] WaitResult wait_readable(int fd, std::chrono::milliseconds limit);
[[nodiscard]] WaitResult wait_writable(int fd, std::chrono::milliseconds limit);

/// The same for whichever comes first.
[[nodiscard]] WaitResult wait_either(int fd, std::chrono::milliseconds limit);

}  // namespace poststack::sys
