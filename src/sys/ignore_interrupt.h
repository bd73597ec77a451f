// Leaving Ctrl-C to a child that owns the terminal.
#pragma once

#include <csignal>

namespace poststack::sys {

/// For as long as it lives, SIGINT and SIGQUIT do nothing to this process: the interactive child
/// in the same process group decides what they mean. Children started before or after get the
/// default handling (spawn() resets it).
class IgnoreInterrupt {
  public:
    IgnoreInterrupt() noexcept;
    IgnoreInterrupt(const IgnoreInterrupt&) = delete;
    IgnoreInterrupt& operator=(const IgnoreInterrupt&) = delete;
    ~IgnoreInterrupt();

    /// True when SIGINT has come meanwhile.
    [[nodiscard]] static bool was_interrupted() noexcept;

  private:
    struct sigaction interrupt_{};
    struct sigaction quit_{};
};

}  // namespace poststack::sys
