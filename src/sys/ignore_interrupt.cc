#include "sys/ignore_interrupt.h"

namespace poststack::sys {

IgnoreInterrupt::IgnoreInterrupt() noexcept {
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignore, &interrupt_);
    ::sigaction(SIGQUIT, &ignore, &quit_);
}

IgnoreInterrupt::~IgnoreInterrupt() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGQUIT, &quit_, nullptr);
}

}  // namespace poststack::sys
