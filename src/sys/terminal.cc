#include "sys/terminal.h"

#include <sys/ioctl.h>
#include <termios.h>

#include "sys/errno_error.h"

namespace poststack::sys {

TerminalSize terminal_size(int fd) noexcept {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return {};
    return {.rows = size.ws_row, .columns = size.ws_col};
}

struct RawTerminal::Saved {
    termios modes{};
};

RawTerminal::RawTerminal(int fd) : fd_(fd), saved_(std::make_unique<Saved>()) {
    if (::tcgetattr(fd_, &saved_->modes) != 0) throw_errno("read the modes of", "the terminal");
    termios raw = saved_->modes;
    ::cfmakeraw(&raw);
    if (::tcsetattr(fd_, TCSADRAIN, &raw) != 0) throw_errno("set the modes of", "the terminal");
}

RawTerminal::~RawTerminal() {
    (void)::tcsetattr(fd_, TCSADRAIN, &saved_->modes);
}

}  // namespace poststack::sys
