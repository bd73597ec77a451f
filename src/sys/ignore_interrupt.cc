#include "sys/ignore_interrupt.h"

namespace poststack::sys {
namespace {

volatile std::sig_atomic_t interrupts = 0;  // a handler reaches nothing else

void note_interrupt(int number) {
    if (number == SIGINT) interrupts = 1;
}

}  // namespace

IgnoreInterrupt::IgnoreInterrupt() noexcept {
    interrupts = 0;
    struct sigaction note{};
    note.sa_handler = note_interrupt;
    note.sa_flags = SA_RESTART;
    ::sigaction(SIGINT, &note, &interrupt_);
    ::sigaction(SIGQUIT, &note, &quit_);
}

IgnoreInterrupt::~IgnoreInterrupt() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGQUIT, &quit_, nullptr);
}

bool IgnoreInterrupt::was_interrupted() noexcept {
    return interrupts != 0;
}

}  // namespace poststack::sys
