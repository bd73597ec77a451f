// Our own standard output or error, written to by many programs and never waited for.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sys/fd.h"
#include "sys/poller.h"

namespace poststack::supervise {

/// A bounded buffer before a descriptor. Whoever reads the other end slowly slows the programs down
/// (is_full()); whoever does not read at all for a second loses lines, which are counted and said.
class Outlet {
  public:
    using Time = std::chrono::steady_clock::time_point;

    /// `fd` stays open elsewhere; it is opened anew where the kernel allows that, so that its flags
    /// (shared with whoever started us) stay as they are.
    Outlet(sys::Poller& poller, int fd);
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;
    ~Outlet();

    /// Takes a whole line without its line end, after `prefix`.
    void write_line(std::string_view prefix, std::string_view line);

    /// Writes what the descriptor takes now.
    void flush();

    /// Waits up to `limit` for the rest to be written: at the end of the program.
    void drain(std::chrono::milliseconds limit);

    /// No more should be read from programs until on_space() is called.
    [[nodiscard]] bool is_full() const noexcept { return !stuck_ && pending() >= high_mark; }

    void on_space(std::function<void()> callback) { on_space_ = std::move(callback); }

    /// When tick() is to be called.
    [[nodiscard]] std::optional<Time> deadline() const noexcept { return patience_; }

    void tick(Time now);

    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_total_; }

  private:
    enum class Way { plain, socket, nonblocking, small };

    static constexpr std::size_t high_mark = 512U << 10;
    static constexpr std::size_t low_mark = 128U << 10;

    [[nodiscard]] std::size_t pending() const noexcept { return buffer_.size() - head_; }

    [[nodiscard]] long write_some();
    void note_progress();
    void set_waiting(bool waiting);

    sys::Poller& poller_;
    int fd_;
    sys::UniqueFd own_;
    Way way_ = Way::plain;
    std::string buffer_;
    std::size_t head_ = 0;
    bool waiting_ = false;
    bool broken_ = false;  ///< nobody will ever read it again
    bool stuck_ = false;
    std::uint64_t dropped_ = 0;
    std::uint64_t dropped_total_ = 0;
    std::optional<Time> patience_;
    std::function<void()> on_space_;
};

}  // namespace poststack::supervise
