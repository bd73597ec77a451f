// A terminal whose keys go somewhere else as they are typed.
#pragma once

#include <memory>

namespace poststack::sys {

struct TerminalSize {
    int rows = 0;
    int columns = 0;

    [[nodiscard]] bool operator==(const TerminalSize&) const = default;
};

/// Of the terminal at `fd`; zeros when it is none.
[[nodiscard]] TerminalSize terminal_size(int fd) noexcept;

/// For as long as it lives, the terminal at `fd` hands on every key at once and acts on none, also
/// not on Ctrl-C. Errors: io.
class RawTerminal {
  public:
    explicit RawTerminal(int fd);
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;
    ~RawTerminal();

  private:
    struct Saved;
    int fd_;
    std::unique_ptr<Saved> saved_;
};

}  // namespace poststack::sys
